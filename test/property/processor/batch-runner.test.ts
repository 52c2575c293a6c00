import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KinesisRecord } from '../../../processor/decode/item.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { Doing } from '../../support/mortal-processes.ts';
import { MortalProcesses } from '../../support/mortal-processes.ts';

const FATAL = ['decode', 'project', 'write', 'throw'] as const;

const scenario = fc.record({
  records: fc.integer({ min: 1, max: 120 }),
  killers: fc.dictionary(fc.nat({ max: 119 }).map(String), fc.constantFrom(...FATAL), { maxKeys: 4 }),
  batchSize: fc.constantFrom(1, 7, 40, 120),
  lanes: fc.integer({ min: 1, max: 4 }),
  shards: fc.integer({ min: 1, max: 2 }),
  bisect: fc.boolean(),
  /** Which lane a record goes to. */
  seed: fc.integer({ min: 1, max: 1_000 }),
});

/** Deaths that one record costs at most: blind ones in warm processes, halvings of the mapping, and the search. */
const DEATHS_PER_KILLER = 40;

it('whatever a record does to its process, it alone goes to the quarantine and everything else is written once', async () => {
  const seen = { deaths: 0, verdicts: 0, clean: 0 };
  await fc.assert(
    fc.asyncProperty(scenario, async ({ records, killers, batchSize, lanes, shards, bisect, seed }) => {
      const world = new MortalProcesses();
      const doings: Doing[] = Array.from({ length: records }, (_, index) => {
        const fatal = killers[String(index)];
        return { id: `e${index}`, ...(fatal !== undefined && { fatal }) };
      });
      world.know(doings);
      const perLane: KinesisRecord[][] = Array.from({ length: lanes * shards }, () => []);
      doings.forEach((data, index) => {
        const lane = (seed * (index + 1) * 7_919) % perLane.length;
        const record = kinesisRecord({ data, index, arrivedAtMs: world.clock.now() });
        const shardId = `shardId-${String(lane % shards).padStart(12, '0')}`;
        perLane[lane]!.push({ ...record, eventID: `${shardId}:${record.kinesis.sequenceNumber}` });
      });
      await Promise.all(perLane.map((lane) => world.drain(lane, { batchSize, bisect })));

      const bad = doings.filter(({ fatal }) => fatal !== undefined).map(({ id }) => id);
      expect([...world.store.ledger].toSorted()).toEqual(
        doings
          .filter(({ fatal }) => fatal === undefined)
          .map(({ id }) => id)
          .toSorted(),
      );
      const rows = world.store.quarantineRows.map((row) => ({ payload: String(row[5]), reason: row[6] }));
      expect(
        new Set(rows.map(({ payload }) => (JSON.parse(Buffer.from(payload, 'base64').toString()) as Doing).id)),
      ).toEqual(new Set(bad));
      expect(rows.every(({ reason }) => reason === 'kills-function')).toBe(true);
      expect(world.deaths).toBeLessThanOrEqual(DEATHS_PER_KILLER * bad.length);
      // What is left behind is pruned: notes of batches that the mapping cut in two, and of invocations that ran out of time
      // (all lanes here share one clock).
      if (!bisect && perLane.length === 1) expect(world.notes.rows.size).toBe(0);
      seen.deaths += world.deaths;
      seen.verdicts += bad.length;
      seen.clean += bad.length === 0 ? 1 : 0;
    }),
    { numRuns: 400 },
  );
  expect(seen.deaths).toBeGreaterThan(seen.verdicts);
  expect(seen.clean).toBeGreaterThan(10);
});
