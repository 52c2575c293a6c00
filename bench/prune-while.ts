import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { FRAMEWORK_TABLES } from '../contract/framework-tables.ts';
import type { Execute } from '../data-api/execute.ts';
import { createPatientExecute } from '../data-api/retry-transient.ts';
import { PATIENCE, pruneTables } from '../functions/prune/prune-tables.ts';
import { LOCAL_CREDENTIALS } from '../local/local-credentials.ts';
import { VerificationError, type Arena } from './arena.ts';
import type { Figure } from './scenario.ts';
import { FUNCTION_NAME, HOURS_OF_HISTORY } from './week-of-orders.ts';

/** Hours of which the rows are too old: as if nothing had been pruned for a while. */
const HOURS_TO_PRUNE = 4;
const HOUR_MS = 3_600_000;
/** Runs after which every page of a large table has been looked at. */
const RUNS = 24;

/**
 * Removes what is too old in the tables of a week, as the deployed function does it: an hour after the other, for a day.
 *
 * @param work what is done meanwhile, over and over
 * @returns how long it took
 * @throws {@link VerificationError} when something that is too old is left
 */
export async function pruneWhile(arena: Arena, work: () => Promise<unknown>): Promise<readonly Figure[]> {
  const pruning = { isOver: false };
  const working = async (): Promise<void> => {
    while (!pruning.isOver) await work();
  };
  const pruned = pruneDay(arena).finally(() => {
    pruning.isOver = true;
  });
  const [figures] = await Promise.all([pruned, working()]);
  return figures;
}

async function pruneDay(arena: Arena): Promise<readonly Figure[]> {
  const { endpoint, region, resourceArn: clusterArn, secretArn, database } = arena.dataApi;
  const client = new RDSDataClient({ endpoint, region, credentials: LOCAL_CREDENTIALS, maxAttempts: 1 });
  const connection = { client, clusterArn, secretArn, database };
  const { execute, seconds } = timed(createPatientExecute(connection, PATIENCE));
  const environment = {
    clusterArn,
    secretArn,
    database,
    functionName: FUNCTION_NAME,
    streamArn: 'stream',
    ledgerRetentionHours: HOURS_OF_HISTORY - HOURS_TO_PRUNE,
    batchLogRetentionHours: HOURS_OF_HISTORY,
  };
  let rows = 0;
  try {
    for (let run = 0; run < RUNS; run += 1) {
      const now = (): number => run * HOUR_MS;
      const report = await pruneTables({
        kinesis: streamOfADay(),
        execute,
        environment,
        remainingMs: () => Infinity,
        now,
      });
      rows += report.ledger;
    }
  } finally {
    client.destroy();
  }
  await assertPruned(arena);
  return [
    { says: 'pruned while a drain ran, over the runs of a day', value: rows, unit: 'rows' },
    { says: 'statements of pruning', value: seconds.length, unit: '' },
    { says: 'longest of them, of the 45 s that a statement has', value: Math.max(...seconds), unit: 's' },
    { says: 'all of them', value: seconds.reduce((sum, one) => sum + one, 0), unit: 's' },
  ];
}

function timed(execute: Execute): { readonly execute: Execute; readonly seconds: readonly number[] } {
  const seconds: number[] = [];
  return {
    seconds,
    execute: async (...call) => {
      const startedAt = performance.now();
      const result = await execute(...call);
      seconds.push((performance.now() - startedAt) / 1000);
      return result;
    },
  };
}

/** What became too old while it was pruned may be there still. */
async function assertPruned({ database }: Arena): Promise<void> {
  const { rows } = await database.query<{ left: number }>(
    `SELECT count(*)::integer AS left FROM ${FRAMEWORK_TABLES.ledger}
     WHERE committed_at < now() - make_interval(hours => ${HOURS_OF_HISTORY - HOURS_TO_PRUNE + 1})`,
  );
  if (rows[0]?.left === 0) return;
  throw new VerificationError(`pruning left ${rows[0]?.left ?? 'an unknown number of'} rows that are too old`);
}

/** A stream that keeps records for a day, for pruning to ask. */
function streamOfADay(): KinesisClient {
  const answer = { StreamDescriptionSummary: { RetentionPeriodHours: 24 } };
  return { send: () => Promise.resolve(answer) } as unknown as KinesisClient;
}
