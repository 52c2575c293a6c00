import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDataApiInFlightNotes } from '../../../processor/quarantine/data-api-in-flight-notes.ts';
import { ANY_CALL } from '../../support/fake-in-flight-notes.ts';
import { sequenceNumber, SHARD_ID } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';
import { describeInFlightNotes } from './in-flight-notes-suite.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
});

afterAll(() => database.close());

function notesOf(processId: string, scope: { functionName?: string; codeVersion?: string } = {}) {
  return createDataApiInFlightNotes(database.execute, {
    functionName: 'orders',
    codeVersion: 'v1',
    ...scope,
    processId,
  });
}

async function clear(): Promise<void> {
  await database.query('TRUNCATE event_processor.in_flight, event_processor.quarantine');
}

describeInFlightNotes('RDS Data API', () =>
  Promise.resolve({
    of: (processId) => notesOf(processId),
    quarantine: async (number, reason) => {
      await database.query(
        `INSERT INTO event_processor.quarantine (function_name, shard_id, sequence_number, sub_sequence_number,
           partition_key, arrived_at, payload, reason, detail, code_version, attempts)
         VALUES ('orders', $1, $2, 0, 'k', now(), '', $3, 'd', 'v0', 0)`,
        [SHARD_ID, number, reason],
      );
    },
    clear,
    close: () => Promise.resolve(),
  }),
);

it.each([
  ['function', { functionName: 'flights' }],
  ['build', { codeVersion: 'v2' }],
])('keeps the notes of another %s apart, also those of the same records', async (_, scope) => {
  await clear();
  const batch = {
    first: sequenceNumber(0),
    last: sequenceNumber(9),
    crashes: 0,
    alone: false,
    eventId: null,
    verdict: null,
    state: 'at-work',
  } as const;
  const worker = { shardId: SHARD_ID, requestId: 'r', remainingMs: 60_000, arrivedAtMs: 0 };
  await notesOf('p1').begin(batch, worker, ANY_CALL);
  expect((await notesOf('p2', scope).begin(batch, worker, ANY_CALL)).notes).toEqual([]);
  await notesOf('p2', scope).replace({ gone: [batch], kept: [] }, worker, ANY_CALL);
  expect((await notesOf('p3').begin(batch, worker, ANY_CALL)).notes).toHaveLength(1);
});
