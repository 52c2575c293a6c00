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

/** Whether the function answered. */
async function ask(invoker: FunctionInvoker): Promise<boolean> {
  const { kind } = await invoker.invoke(TRY_WAITING_ENTRIES, { requestId: randomUUID() });
  return kind === 'response';
}

const WAITS = 'applied_at IS NULL AND heal_until > now()';

/** Makes all entries that wait due: turns the time forward to their next try. */
export async function makeDue(databaseUrl: string): Promise<void> {
  await executePatiently(databaseUrl, `UPDATE event_processor.quarantine SET retry_at = now() WHERE ${WAITS}`);
}

/** Passes in vain after which an entry that ends processes must have been told from those that were tried beside it. */
const MAX_VAIN_DEATHS = 6;

/**
 * Tries what waits until nothing more comes of it, then turns the time beyond the end of the waiting: what is missing may come
 * by then, and must not be looked for any more.
 */
export async function healToTheEnd(healing: Healing): Promise<void> {
  const { invoker, databaseUrl } = healing;
  let waiting = await countWaiting(databaseUrl);
  for (let deaths = 0; waiting > 0 && deaths < MAX_VAIN_DEATHS;) {
    await makeDue(databaseUrl);
    const hasAnswered = await ask(invoker);
    const left = await countWaiting(databaseUrl);
    if (left === waiting && hasAnswered) break;
    deaths = left === waiting ? deaths + 1 : 0;
    waiting = left;
  }
  await executePatiently(
    databaseUrl,
    `UPDATE event_processor.quarantine SET heal_until = now(), retry_at = now() WHERE ${WAITS}`,
  );
  await insertTariffs(databaseUrl, 'too-late');
  await ask(invoker);
}

async function countWaiting(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ entries: number }>(
      `SELECT count(*)::integer AS entries FROM event_processor.quarantine WHERE ${WAITS}`,
    );
    return rows[0]?.entries ?? 0;
  } finally {
    await client.end();
  }
}
