import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { placed } from '../../examples/cloudevents.ts';
import { calls } from '../../examples/cloudtrail.ts';
import { readings } from '../../examples/csv.ts';
import { items } from '../../examples/dsql.ts';
import { orders as debezium } from '../../examples/debezium.ts';
import { orders as dms } from '../../examples/dms.ts';
import { orders as dynamodb } from '../../examples/dynamodb.ts';
import { customers } from '../../examples/eventbridge.ts';
import { spans } from '../../examples/opentelemetry.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

const ROOT = new URL('../../../', import.meta.url);
const sections = (await readFile(new URL('docs/event-shapes.md', ROOT), 'utf8')).split('\n## ').slice(1);

function block(section: string, language: string): string {
  return new RegExp(`\`\`\`(?:${language})\n([^]*?)\n\`\`\``).exec(section)?.[1] ?? '';
}

interface Shape {
  readonly file: string;
  readonly projection: AnyProjection;
  readonly skipped: Readonly<Record<string, number>>;
  readonly tables: Readonly<Record<string, readonly object[]>>;
  /** Whether the tables are the same when the events come in reverse. */
  readonly isAnyOrder: boolean;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  DynamoDB: {
    file: 'dynamodb',
    projection: dynamodb,
    skipped: { carts: 1 },
    tables: { orders: [{ id: 'o-1', changed: '1700000000000002', status: 'paid' }] },
    isAnyOrder: true,
  },
  'Database Migration Service': {
    file: 'dms',
    projection: dms,
    skipped: { 'control create-table': 1 },
    tables: { 'SELECT id, status FROM orders': [{ id: 1, status: 'paid' }] },
    isAnyOrder: false,
  },
  'CloudTrail, by CloudWatch Logs': {
    file: 'cloudtrail',
    projection: calls,
    skipped: { 'control-message': 1, 'read-only': 1 },
    tables: { 'SELECT name FROM calls ORDER BY id': [{ name: 'DeleteBucket' }, { name: 'PutBucketPolicy' }] },
    isAnyOrder: true,
  },
  EventBridge: {
    file: 'eventbridge',
    projection: customers,
    skipped: { 'Customer Logged In': 1 },
    tables: {
      customers: [{ id: 'c-1', revision: 2, name: 'Anna' }],
      'SELECT count(*)::int FROM changes': [{ count: 4 }],
    },
    isAnyOrder: true,
  },
  Debezium: {
    file: 'debezium',
    projection: debezium,
    skipped: { tombstone: 1, heartbeat: 1, 'op t': 1 },
    tables: { 'SELECT id, lsn, status FROM orders': [{ id: 1, lsn: '101', status: 'paid' }] },
    isAnyOrder: true,
  },
  'Aurora DSQL': {
    file: 'dsql',
    projection: items,
    skipped: {},
    tables: {
      items: [{ order_id: 1001, item_id: 42, committed_ns: '1705318200000000002', quantity: 10, price: null }],
    },
    isAnyOrder: true,
  },
  CloudEvents: {
    file: 'cloudevents',
    projection: placed,
    skipped: { 'com.example.shop.opened': 1 },
    tables: {
      'SELECT order_id, at, cents FROM placed ORDER BY order_id': [
        { order_id: 'o-1', at: new Date('2026-05-01T10:00:00Z'), cents: 1200 },
        { order_id: 'o-2', at: new Date('2026-05-01T10:00:00Z'), cents: 800 },
      ],
    },
    isAnyOrder: true,
  },
  OpenTelemetry: {
    file: 'opentelemetry',
    projection: spans,
    skipped: { 'no-documents': 1 },
    tables: {
      'SELECT span_id, service, started_at, nanoseconds FROM spans ORDER BY span_id': [
        {
          span_id: 'eee19b7ec3c1b174',
          service: 'shop',
          started_at: new Date('2026-05-01T10:00:00Z'),
          nanoseconds: '250000001',
        },
        {
          span_id: 'eee19b7ec3c1b175',
          service: 'shop',
          started_at: new Date('2026-05-01T10:00:00.100Z'),
          nanoseconds: '100000000',
        },
      ],
    },
    isAnyOrder: true,
  },
  'Other formats': {
    file: 'csv',
    projection: readings,
    skipped: {},
    tables: {
      'SELECT id, sensor, celsius FROM readings ORDER BY id': [
        { id: 'r1', sensor: 'oslo', celsius: '20.50' },
        { id: 'r2', sensor: 'Tokyo, "1"', celsius: null },
      ],
    },
    isAnyOrder: true,
  },
};

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
});

afterAll(() => database.close());

it('are those that the document shows', () => {
  expect(sections.map((section) => section.split('\n')[0])).toEqual(Object.keys(SHAPES));
});

describe.each(sections.map((section) => [section.split('\n')[0] ?? '', section]))('%s', (name, section) => {
  const shape = SHAPES[name]!;
  const events = block(section, 'json|csv').split('\n');

  it('is shown as it is tested', async () => {
    const source = await readFile(new URL(`test/examples/${shape.file}.ts`, ROOT), 'utf8');
    expect(block(section, 'ts')).toBe(source.trimEnd());
  });

  async function run(contents: readonly string[]) {
    await database.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await database.query('TRUNCATE event_processor.ledger, event_processor.tombstone, event_processor.quarantine');
    await database.query(block(section, 'sql'));
    const records = contents.map((data, index) => kinesisRecord({ data, index }));
    const engine = database.createEngine(shape.projection);
    const report = await processBatch(records, engine, () => 10_000);
    expect(report).toMatchObject({ hold: undefined, rejections: [], skippedByReason: shape.skipped });
    expect(await processBatch(records, engine, () => 10_000)).toMatchObject({ written: 0, skipped: report.skipped });
    for (const [table, rows] of Object.entries(shape.tables)) {
      expect(await database.query(table.includes(' ') ? table : `SELECT * FROM ${table}`)).toEqual(rows);
    }
  }

  it('ends with the tables of its source', () => run(events));

  it.runIf(shape.isAnyOrder)('does so in reverse, too', () => run(events.toReversed()));
});
