import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { TRY_WAITING_ENTRIES } from '../../contract/try-waiting-entries.ts';
import type { FunctionInvoker } from '../mapping/ports.ts';
import { insertTariffs } from './faults/late-tariffs.ts';
import { executePatiently } from './world/chaos-database.ts';

/** What entries are tried again with. */
export interface Healing {
  readonly invoker: FunctionInvoker;
  /** For a user who may do anything. */
  readonly databaseUrl: string;
}

/** More often than the watchdog asks: a run lasts for seconds. */
const ASK_EVERY_MS = 250;

/**
 * Asks the function again and again to try what waits, beside the batches of the mapping and whatever becomes of them.
 *
 * @returns ends it, when the invocation under way has come to its end
 */
export function keepAsking(invoker: FunctionInvoker): () => Promise<void> {
  const ended = new AbortController();
  const asking = (async () => {
    while (!ended.signal.aborted) {
      await ask(invoker);
      await sleep(ASK_EVERY_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  return async () => {
    ended.abort();
    await asking;
  };
}

async function ask(invoker: FunctionInvoker): Promise<void> {
  await invoker.invoke(TRY_WAITING_ENTRIES, { requestId: randomUUID() });
}

const WAITS = 'applied_at IS NULL AND heal_until > now()';

/** Makes all entries that wait due: turns the time forward to their next try. */
export async function makeDue(databaseUrl: string): Promise<void> {
  await executePatiently(databaseUrl, `UPDATE event_processor.quarantine SET retry_at = now() WHERE ${WAITS}`);
}

/** Passes in vain after which an entry that ends processes must have been told from those that were tried beside it. */
const MAX_VAIN_PASSES = 10;

/**
 * Tries what waits until nothing more comes of it, then turns the time beyond the end of the waiting: what is missing may come
 * by then, and must not be looked for any more.
 */
export async function healToTheEnd({ invoker, databaseUrl }: Healing): Promise<void> {
  let { waiting } = await countWaiting(databaseUrl);
  for (let vain = 0; waiting > 0 && vain < MAX_VAIN_PASSES;) {
    await makeDue(databaseUrl);
    await ask(invoker);
    const left = await countWaiting(databaseUrl);
    // A pass may be too short for all of them, or end with the process.
    if (left.waiting === waiting && left.untried === 0) break;
    vain = left.waiting === waiting ? vain + 1 : 0;
    waiting = left.waiting;
  }
  await executePatiently(
    databaseUrl,
    `UPDATE event_processor.quarantine SET heal_until = now(), retry_at = now() WHERE ${WAITS}`,
  );
  await insertTariffs(databaseUrl, 'too-late');
  await ask(invoker);
}

interface Waiting {
  readonly waiting: number;
  /** Those of which nothing was settled since they were due. */
  readonly untried: number;
}

async function countWaiting(databaseUrl: string): Promise<Waiting> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Waiting>(
      `SELECT count(*)::integer AS waiting,
         (count(*) FILTER (WHERE unsettled_tries > 0 OR retry_at <= now()))::integer AS untried
       FROM event_processor.quarantine WHERE ${WAITS}`,
    );
    return rows[0] ?? { waiting: 0, untried: 0 };
  } finally {
    await client.end();
  }
}
