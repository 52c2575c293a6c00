import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileProjection } from '../../../processor/compile-projection.ts';
import { batchResponse } from '../../../processor/write/batch-outcome.ts';
import { decodeRecords } from '../../../processor/decode/decode-records.ts';
import type { DecodedItem } from '../../../processor/decode/item.ts';
import { payloadBase64 } from '../../../processor/decode/item.ts';
import type { FailureKind } from '../../../data-api/classify-error.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { aggregate } from '../../support/aggregate.ts';
import { databaseError } from '../../support/database-error.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import type { InjectedFailure } from '../../support/fake-event-store.ts';
import { FakeEventStore } from '../../support/fake-event-store.ts';
import { FakeLookupSource } from '../../support/fake-lookup-source.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import { orderEngine } from '../../support/order-engine.ts';
import type { Order } from '../../support/orders-projection.ts';
import { order, orders } from '../../support/orders-projection.ts';

/** Room for a handful of items: batches travel in several statements. */
const SMALL_REQUEST_BYTES = compileProjection(orders).fixedRequestBytes + 1_000;

const id = fc.nat({ max: 60 });
const content = fc.oneof(
  { weight: 6, arbitrary: id.map((n) => JSON.stringify(order(n))) },
  { weight: 1, arbitrary: id.map((n) => JSON.stringify(order(n, { customer: 'nobody' }))) },
  { weight: 1, arbitrary: id.map((n) => JSON.stringify(order(n, { amount: 2 ** 40 }))) },
  { weight: 2, arbitrary: id.map((n) => JSON.stringify(order(n, { amount: 0 }))) },
  { weight: 1, arbitrary: fc.string() },
  // More than a small request holds.
  { weight: 1, arbitrary: fc.integer({ min: 500, max: 4_000 }).map((length) => 'x'.repeat(length)) },
);
const data = fc.oneof(
  { weight: 5, arbitrary: content },
  { weight: 1, arbitrary: content.map((text) => gzipSync(text)) },
  {
    weight: 1,
    arbitrary: fc
      .array(content, { minLength: 1, maxLength: 6 })
      .map((texts) => aggregate(texts.map((text) => ({ partitionKey: 'k', data: text || ' ' })))),
  },
);
/** Orders of nothing are skipped, also by a customer whom nobody knows. */
function isSkipped(item: DecodedItem): boolean {
  return item.kind === 'event' && (item.event as Order).amount === 0;
}

const kind = fc.constantFrom<FailureKind>('transient', 'unknown', 'configuration', 'rejection', 'refused', 'too-large');
const failure: fc.Arbitrary<InjectedFailure> = fc.record({
  error: kind.map((name) => databaseError(name, '22007')),
  committed: fc.boolean(),
});

const scenario = fc.record({
  contents: fc.array(data, { minLength: 1, maxLength: 40 }),
  poison: fc.uniqueArray(id, { maxLength: 4 }).map((ids) => new Set(ids.map((n) => `order-${n}`))),
  failures: fc.dictionary(fc.integer({ min: 1, max: 12 }).map(String), failure, { maxKeys: 6 }),
  readFailure: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: kind }),
  maxRequestBytes: fc.constantFrom(SMALL_REQUEST_BYTES, 4 * 1024 * 1024),
  fuse: fc.constantFrom({ thresholdPercent: 50, minEvents: 20 }, { thresholdPercent: 100, minEvents: 20 }),
  budgetMs: fc.constantFrom(100, 3_000, 10_000, 60_000, 60_000),
});

/** In effect or in the quarantine, with the payload; or in neither, where it is skipped. */
function expectSettled(item: DecodedItem, store: FakeEventStore): void {
  const payload = store.quarantine.get(`${item.origin.sequenceNumber}/${item.origin.subSequenceNumber}`);
  if (isSkipped(item)) expect(payload).toBeUndefined();
  else {
    const inEffect = item.kind === 'event' && store.ledger.has(item.eventId);
    expect(inEffect || payload === payloadBase64(item.origin)).toBe(true);
  }
}

it('never counts a record as committed unless each of its events is in effect, in the quarantine or skipped', async () => {
  const outcomes = { all: 0, some: 0, none: 0 };
  await fc.assert(
    fc.asyncProperty(scenario, async ({ contents, poison, failures, readFailure, ...options }) => {
      const clock = new FakeClock();
      const store = new FakeEventStore({
        poison,
        failure: (call) => {
          clock.advance(50);
          return failures[String(call)];
        },
      });
      const lookupSource = new FakeLookupSource(
        Object.fromEntries([0, 1, 2].map((n) => [`customer-${n}`, { city: `city ${n}` }])),
        () => readFailure && databaseError(readFailure),
      );
      const engine = orderEngine({ store, lookupSource, clock, ...options });
      const records = contents.map((bytes, index) => kinesisRecord({ data: bytes, index }));
      const report = await processBatch(records, engine, clock.budget(options.budgetMs));
      const items = await decodeRecords(records, engine.compiled.projection);

      const committed = items.filter(({ origin }) => origin.recordIndex < report.committedRecords);
      for (const item of committed) expectSettled(item, store);
      expect(report.skipped).toBeGreaterThanOrEqual(committed.filter(isSkipped).length);
      expect(report.skipped).toBeLessThanOrEqual(items.filter(isSkipped).length);
      expect(report.skippedByReason).toEqual(report.skipped > 0 ? { free: report.skipped } : {});
      const logged = store.calls.map(({ log = '[]' }) => (JSON.parse(log) as unknown[]).slice(9) as [number?, object?]);
      for (const [skipped, byReason] of logged) expect(byReason).toEqual(skipped && { free: skipped });
      const sequenceNumbers = records.map(({ kinesis }) => kinesis.sequenceNumber);
      const answer = batchResponse(sequenceNumbers, report.committedRecords).batchItemFailures;
      expect(answer).toHaveLength(report.hold === undefined ? 0 : 1);
      outcomes[answer.length === 0 ? 'all' : report.committedRecords === 0 ? 'none' : 'some'] += 1;
      expect(report.written).toBeLessThanOrEqual(store.ledger.size);
    }),
    { numRuns: 1000 },
  );
  // The scenarios are worth something only when they end in every way there is.
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(20);
});
