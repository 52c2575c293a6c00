import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { BatchReport } from '../../../processor/process-batch.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { defineProjection, inserts, versions } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

const common = {
  schema: z.object({
    id: z.string(),
    ticket: z.uuid(),
    seat: z.string(),
    parent: z.string().optional(),
    v: z.int().default(1),
  }),
  eventId: ({ id }: { readonly id: string }) => id,
} as const;

const keeping = defineProjection({
  ...common,
  name: 'keeping',
  tables: { tickets: inserts({ key: ['id'], columns: { id: 'uuid', seat: 'text' }, existing: 'keep' }) },
  project: ({ ticket, seat }) => ({ tickets: { id: ticket, seat } }),
});

const refusing = defineProjection({
  ...common,
  name: 'refusing',
  tables: { tickets: inserts({ key: ['id'], columns: { id: 'uuid', seat: 'text' } }) },
  project: ({ ticket, seat }) => ({ tickets: { id: ticket, seat } }),
});

const withState = defineProjection({
  ...common,
  name: 'with-state',
  tables: {
    tickets: inserts({ key: ['id'], columns: { id: 'uuid', seat: 'text' }, existing: 'keep' }),
    seats: versions({ key: { seat: 'text' }, version: { v: 'integer' }, columns: {} }),
  },
  project: ({ ticket, seat, v }) =>
    v < 0 ? { seats: { seat, v } } : { tickets: { id: ticket, seat }, seats: { seat, v } },
});

const withParent = defineProjection({
  ...common,
  name: 'with-parent',
  tables: { stubs: inserts({ key: ['id'], columns: { id: 'uuid', parent: 'text?' }, existing: 'keep' }) },
  project: ({ ticket, parent }) => ({ stubs: { id: ticket, parent: parent ?? null } }),
});

const ticket = (n: number): string => `0b0e0c52-5d0c-4b0e-9a53-0d1f1b9c2a${String(n).padStart(2, '0')}`;

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query(`CREATE TABLE tickets (id uuid PRIMARY KEY, seat text UNIQUE);
    CREATE TABLE seats (seat text PRIMARY KEY, v integer NOT NULL);
    CREATE TABLE parents (id text PRIMARY KEY);
    CREATE TABLE stubs (id uuid PRIMARY KEY, parent text REFERENCES parents)`);
});

afterAll(() => database.close());

beforeEach(() =>
  database.query(
    `TRUNCATE tickets, seats, stubs, parents, event_processor.ledger, event_processor.quarantine, event_processor.batch_log;
    INSERT INTO tickets VALUES ('${ticket(1)}', 'old 1'), ('${ticket(2)}', 'old 2');
    INSERT INTO stubs VALUES ('${ticket(1)}', NULL);
    INSERT INTO seats VALUES ('s9', 9)`,
  ),
);

interface Given {
  readonly id: string;
  readonly ticket: string;
  readonly seat: string;
  readonly v?: number;
  readonly parent?: string;
}

function run(projection: AnyProjection, events: readonly Given[]): Promise<BatchReport> {
  const records = events.map((data, index) => kinesisRecord({ data, index }));
  const engine = database.createEngine(projection, { fuse: { thresholdPercent: 50, minEvents: 20 } });
  return processBatch(records, engine, () => 30_000);
}

function seats(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return database.query('SELECT seat FROM tickets ORDER BY seat');
}

describe("rows that are there already, of a table with `existing: 'keep'`", () => {
  it('stay as they are and count as existing, in one call, also on delivery again', async () => {
    const events = [1, 2, 3].map((n) => ({ id: `e${n}`, ticket: ticket(n), seat: `new ${n}` }));
    expect(await run(keeping, events)).toMatchObject({
      written: 1,
      existing: 2,
      superseded: 0,
      duplicates: 0,
      rejections: [],
      hold: undefined,
      calls: { calls: 1, errors: 0 },
    });
    expect(await seats()).toEqual([{ seat: 'new 3' }, { seat: 'old 1' }, { seat: 'old 2' }]);
    expect(await run(keeping, events)).toMatchObject({ written: 0, existing: 0, duplicates: 3 });
    expect(
      await database.query(
        'SELECT written, existing, superseded, duplicates FROM event_processor.batch_log ORDER BY id',
      ),
    ).toEqual([
      { written: 1, existing: 2, superseded: 0, duplicates: 0 },
      { written: 0, existing: 0, superseded: 0, duplicates: 3 },
    ]);
  });

  it('may be those of an earlier event of the batch: the first one in the stream goes in', async () => {
    const events = ['b', 'a', 'c'].map((seat) => ({ id: `to ${seat}`, ticket: ticket(5), seat }));
    expect(await run(keeping, events)).toMatchObject({ written: 1, existing: 2 });
    expect(await seats()).toContainEqual({ seat: 'b' });
  });

  it('are no reason for the fuse, however many they are', async () => {
    await database.query(
      `INSERT INTO tickets SELECT ('${ticket(0).slice(0, -4)}' || n)::uuid, n FROM generate_series(1000, 1099) AS n`,
    );
    const events = Array.from({ length: 100 }, (_, n) => ({
      id: `e${n}`,
      ticket: `${ticket(0).slice(0, -4)}${1000 + n}`,
      seat: 'any',
    }));
    expect(await run(keeping, events)).toMatchObject({ existing: 100, committedRecords: 100, hold: undefined });
  });

  it('are told apart from a row with another unique value, which is quarantined alone', async () => {
    const report = await run(keeping, [
      { id: 'e1', ticket: ticket(1), seat: 'new 1' },
      { id: 'e3', ticket: ticket(3), seat: 'old 2' },
      { id: 'e4', ticket: ticket(4), seat: 'new 4' },
    ]);
    expect(report).toMatchObject({ written: 1, existing: 1 });
    expect(report.rejections.map(({ rejection: { eventId, sqlState } }) => [eventId, sqlState])).toEqual([
      ['e3', '23505'],
    ]);
  });

  it('beside other tables count only where the event has no other effect', async () => {
    const report = await run(withState, [
      { id: 'has another', ticket: ticket(1), seat: 's1', v: 1 },
      { id: 'has none', ticket: ticket(2), seat: 's9', v: 1 },
      { id: 'only older', ticket: ticket(7), seat: 's9', v: -1 },
    ]);
    expect(report).toMatchObject({ written: 1, existing: 1, superseded: 1 });
    expect(await database.query('SELECT seat, v FROM seats ORDER BY seat')).toEqual([
      { seat: 's1', v: 1 },
      { seat: 's9', v: 9 },
    ]);
  });

  it('are counted as well where events are tried one by one', async () => {
    const report = await run(withParent, [
      { id: 'e1', ticket: ticket(1), seat: '' },
      { id: 'e2', ticket: ticket(2), seat: '', parent: 'to come' },
      { id: 'e3', ticket: ticket(3), seat: '' },
    ]);
    expect(report).toMatchObject({ written: 1, existing: 1, waiting: 1, duplicates: 0 });
  });
});

it('without it such a row is quarantined, with the way out', async () => {
  const report = await run(refusing, [
    { id: 'e1', ticket: ticket(1), seat: 'new 1' },
    { id: 'e3', ticket: ticket(3), seat: 'new 3' },
  ]);
  expect(report).toMatchObject({ written: 1 });
  expect(report.rejections.map(({ rejection: { detail } }) => detail)).toEqual([
    expect.stringMatching(
      /tickets_pkey.*; where rows of `tickets` may be there already, declare it with `existing: 'keep'`$/,
    ),
  ]);
});

describe('the fuse', () => {
  it('takes events whose rows were there for accepted ones, in their batch and from the batch log', async () => {
    const engine = database.createEngine(keeping, { fuse: { thresholdPercent: 50, minEvents: 20 } });
    const take = (events: readonly object[], first: number) =>
      processBatch(
        events.map((data, index) => kinesisRecord({ data, index: first + index })),
        engine,
        () => 30_000,
      );
    const there = Array.from({ length: 14 }, (_, n) => ({ id: `e${n}`, ticket: ticket(1), seat: 'any' }));
    // Another ticket has the seat.
    const refused = Array.from({ length: 7 }, (_, n) => ({ id: `r${n}`, ticket: ticket(10 + n), seat: 'old 1' }));

    // The refused come first: what the batch log knows of this batch is then nothing.
    const first = await take([...refused.slice(0, 6), ...there], 0);
    expect(first).toMatchObject({ existing: 14, committedRecords: 20, hold: undefined });
    expect(first.rejections).toHaveLength(6);
    expect(await take(refused.slice(6), 20)).toMatchObject({ committedRecords: 1, hold: undefined });
  });
});
