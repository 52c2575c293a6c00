import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { defineProjection, inserts, skip } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
});

beforeEach(() =>
  database.query(`
    DROP TABLE IF EXISTS orders;
    TRUNCATE event_processor.ledger, event_processor.batch_log, event_processor.quarantine, event_processor.fuse;
    CREATE TABLE orders (id text PRIMARY KEY, n integer NOT NULL CHECK (n < 100));`),
);

afterAll(() => database.close());

const declaration = {
  schema: z.looseObject({ type: z.string(), id: z.string().optional(), n: z.int().optional() }),
  eventId: ({ id }: { readonly id?: string | undefined }) => id,
  tables: { orders: inserts({ key: ['id'], columns: { id: 'text', n: 'integer' } }) },
} as const;

const projections = (['framework', 'own'] as const).map((name) =>
  defineProjection({
    name,
    ...declaration,
    ...(name === 'own' && { ledger: 'orders' }),
    project: ({ type, n = 0 }, _lookups, { eventId }) =>
      type === 'order' ? { orders: { id: eventId, n } } : skip(type),
  }),
);

/** Of ten events one is an order, and the others carry no id. */
const events = Array.from({ length: 40 }, (_, index) =>
  index % 10 === 0 ? { type: 'order', id: `o${index}`, n: 1 } : { type: index % 3 === 0 ? 'heartbeat' : 'page_view' },
);

function run(projection: AnyProjection, contents: readonly object[], maxRequestBytes?: number) {
  const engine = database.createEngine(projection, {
    fuse: { thresholdPercent: 50, minEvents: 20 },
    ...(maxRequestBytes !== undefined && { maxRequestBytes }),
  });
  return processBatch(
    contents.map((data, index) => kinesisRecord({ data, index })),
    engine,
    () => 10_000,
  );
}

const sums = 'sum(events)::int AS events, sum(written)::int AS written, sum(duplicates)::int AS duplicates';

describe.each(projections)('events that nobody wants, with the ledger: $name', (projection) => {
  it('leave nothing behind but their number, by reason, and are skipped again when they come again', async () => {
    const byReason = { heartbeat: 12, page_view: 24 };
    const skipped = { skipped: 36, skippedByReason: byReason, rejections: [], hold: undefined, committedRecords: 40 };
    expect(await run(projection, events)).toMatchObject({ written: 4, duplicates: 0, ...skipped });
    expect(await run(projection, events)).toMatchObject({ written: 0, duplicates: 4, ...skipped });
    expect(await database.query('SELECT count(*)::int FROM orders')).toEqual([{ count: 4 }]);
    expect(await database.query('SELECT function_name, count(*)::int FROM event_processor.ledger GROUP BY 1')).toEqual(
      projection.ledger === undefined ? [{ function_name: 'framework', count: 4 }] : [],
    );
    expect(await database.query(`SELECT ${sums}, sum(skipped)::int AS skipped FROM event_processor.batch_log`)).toEqual(
      [{ events: 8, written: 4, duplicates: 4, skipped: 72 }],
    );
    expect(await database.query('SELECT skipped_by_reason FROM event_processor.batch_log')).toEqual([
      { skipped_by_reason: byReason },
      { skipped_by_reason: byReason },
    ]);
  });

  it('are committed without any other event beside them', async () => {
    const unwanted = events.filter(({ type }) => type !== 'order');
    expect(await run(projection, unwanted)).toMatchObject({ written: 0, skipped: 36, committedRecords: 36 });
    expect(await database.query(`SELECT records, ${sums} FROM event_processor.batch_log GROUP BY 1`)).toEqual([
      { records: 36, events: 0, written: 0, duplicates: 0 },
    ]);
  });

  it('do not make a bad build look well', async () => {
    // All wanted events are rejected: 30 of 30, and not 30 of 300.
    const bad = Array.from({ length: 30 }, (_, index) => ({ type: 'order', n: index }));
    const report = await run(projection, [...bad, ...Array.from({ length: 270 }, () => ({ type: 'heartbeat' }))]);
    expect(report.hold?.reason).toBe('fuse');
    expect(report).toMatchObject({ rejections: [], committedRecords: 0 });
  });

  it('beside a row that the database refuses are counted once, and the row alone is quarantined', async () => {
    const refused = events.map((event, index) => (index === 20 ? { ...event, n: 500 } : event));
    const report = await run(projection, refused);
    expect(report).toMatchObject({ written: 3, skipped: 36, committedRecords: 40, hold: undefined });
    expect(report.rejections.map(({ rejection }) => rejection.sqlState)).toEqual(['23514']);
    expect(await database.query(`SELECT ${sums}, sum(skipped)::int AS skipped FROM event_processor.batch_log`)).toEqual(
      [{ events: 4, written: 3, duplicates: 0, skipped: 36 }],
    );
  });

  it('need no id, which any other event does', async () => {
    const [wanted, unwanted] = [{ type: 'order', n: 1 }, { type: 'heartbeat' }];
    const others = events.filter(({ type }) => type === 'order');
    const report = await run(projection, [...others, wanted, unwanted]);
    expect(report).toMatchObject({ written: 4, skipped: 1 });
    expect(report.rejections.map(({ rejection: { reason, eventId } }) => [reason, eventId])).toEqual([
      ['event-id', undefined],
    ]);
  });
});
