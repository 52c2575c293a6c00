import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TRY_WAITING_ENTRIES } from '../../contract/try-waiting-entries.ts';
import type { FunctionInvoker } from '../mapping/ports.ts';
import { insertTariffs } from './faults/late-tariffs.ts';
import { executePatiently } from './world/chaos-database.ts';
import { queryOnce } from '../postgres/query-once.ts';

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

/** Changes entries that wait, which are locked in the order in which the function locks them. */
function changeWaiting(databaseUrl: string, change: string, condition = 'true'): Promise<void> {
  return executePatiently(
    databaseUrl,
    `UPDATE event_processor.quarantine SET ${change} WHERE id IN (
      SELECT id FROM event_processor.quarantine WHERE ${WAITS} AND ${condition} ORDER BY event_id COLLATE "C", ctid FOR UPDATE)`,
  );
}

/** Makes all entries that wait due: turns the time forward to their next try. */
export async function makeDue(databaseUrl: string): Promise<void> {
  await changeWaiting(databaseUrl, 'retry_at = now()');
}

/** After so many tries that ended with the process, an entry has been tried alone: it ends the process by itself. */
const TRIED_ALONE = 6;

/** More than there are entries and groups of them in a run. */
const MAX_ASKS = 500;

/**
 * Tries what waits until nothing more comes of it, then turns the time beyond the end of the waiting: what is missing may come
 * by then, and must not be looked for any more.
 */
export async function healToTheEnd({ invoker, databaseUrl }: Healing): Promise<void> {
  let { waiting } = await countWaiting(databaseUrl);
  for (let before = Infinity; waiting > 0 && waiting < before;) {
    before = waiting;
    await makeDue(databaseUrl);
    waiting = await tryAll({ invoker, databaseUrl });
  }
  await changeWaiting(databaseUrl, 'heal_until = now(), retry_at = now()');
  await insertTariffs(databaseUrl, 'too-late');
  await ask(invoker);
}

/**
 * Asks until every entry that is due was tried: a pass may be too short for all of them, or end with the process. Those that
 * were tried and still lack something are left alone meanwhile, or they would always come first.
 *
 * @returns how many wait then
 */
async function tryAll({ invoker, databaseUrl }: Healing): Promise<number> {
  for (let asks = 0; ; asks += 1) {
    await ask(invoker);
    const { waiting, untried } = await countWaiting(databaseUrl);
    if (untried === 0 || asks === MAX_ASKS) return waiting;
    await changeWaiting(databaseUrl, 'retry_at = now()', UNSETTLED);
  }
}

const UNSETTLED = `unsettled_tries BETWEEN 1 AND ${TRIED_ALONE}`;

interface Waiting {
  readonly waiting: number;
  /** Those of which nothing was settled since they were due. */
  readonly untried: number;
}

async function countWaiting(databaseUrl: string): Promise<Waiting> {
  const [counted] = await queryOnce<Waiting>(
    databaseUrl,
    `SELECT count(*)::integer AS waiting,
       (count(*) FILTER (WHERE ${UNSETTLED} OR unsettled_tries = 0 AND retry_at <= now()))::integer AS untried
     FROM event_processor.quarantine WHERE ${WAITS}`,
  );
  return counted ?? { waiting: 0, untried: 0 };
}
