import * as z from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault, FaultDecider } from '../../../local/data-api/faults.ts';
import type { BatchReport } from '../../../processor/process-batch.ts';
import type { Engine } from '../../../processor/batch-rounds.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { counters, defineProjection, inserts, versions } from '../../../processor/projection.ts';
import type { KinesisRecordOptions } from '../../support/kinesis-record.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

const declaration = {
  name: 'readings',
  schema: z.object({ id: z.string(), celsius: z.number() }),
  eventId: ({ id }: { readonly id: string }) => id,
  tables: {
    readings: inserts({ columns: { id: 'text', celsius: 'integer' } }),
    totals: counters({ key: { id: 'text' }, counters: { readings: 'bigint' } }),
  },
} as const;

function readings(project?: () => never): AnyProjection {
  return defineProjection({
    ...declaration,
    project: ({ id, celsius }) => {
      if (celsius === 451) project?.();
      return { readings: { id, celsius }, totals: { id: 'all', readings: 1 } };
    },
  });
}

let database: TestDatabase;
let decide: FaultDecider | undefined;
let calls = 0;

beforeAll(async () => {
  database = await startTestDatabase({
    faults: (call) => {
      calls += 1;
      return decide?.(call);
    },
  });
  await database.query(`CREATE TABLE readings (id text NOT NULL, celsius integer NOT NULL CHECK (celsius >= -273));
    CREATE TABLE totals (id text PRIMARY KEY, readings bigint NOT NULL);`);
});

afterAll(() => database.close());

beforeEach(async () => {
  decide = undefined;
  await database.query(
    'TRUNCATE readings, totals, event_processor.ledger, event_processor.quarantine, event_processor.batch_log',
  );
  calls = 0;
});

function reading(n: number, celsius = 20): KinesisRecordOptions {
  return { data: { id: `reading-${n}`, celsius }, index: n };
}

const POISON = -300;

function run(
  records: readonly KinesisRecordOptions[],
  {
    on = database.createEngine(readings()),
    budgetMs = 30_000,
  }: { readonly on?: Engine; readonly budgetMs?: number } = {},
): Promise<BatchReport> {
  const endsAt = performance.now() + budgetMs;
  return processBatch(records.map(kinesisRecord), on, () => endsAt - performance.now());
}

/** The first calls meet these faults, one each. */
function meet(...faults: readonly Fault[]): void {
  const waiting = [...faults];
  decide = () => waiting.shift();
}

async function state(): Promise<unknown> {
  const [row] = await database.query(`SELECT (SELECT count(*)::int FROM readings) AS readings,
    (SELECT coalesce(sum(readings), 0)::int FROM totals) AS counted,
    (SELECT count(*)::int FROM event_processor.quarantine WHERE applied_at IS NULL) AS quarantined`);
  return row;
}

describe('a transient failure', () => {
  it.each<[string, Fault]>([
    ['throttling', { kind: 'throttle' }],
    ['500 before the commit', { kind: 'error', name: 'InternalServerErrorException', when: 'before' }],
    ['503', { kind: 'error', name: 'ServiceUnavailableError', when: 'before' }],
    ['504 unavailable', { kind: 'error', name: 'DatabaseUnavailableException', when: 'before' }],
    ['a resuming database', { kind: 'resume', durationMs: 300 }],
    ...['40001', '40P01', '53300', '53100', '55P03', '57P01', '08006'].map((sqlState): [string, Fault] => [
      `SQLSTATE ${sqlState}`,
      { kind: 'error', name: 'DatabaseErrorException', message: `ERROR: x; SQLState: ${sqlState}`, when: 'before' },
    ]),
  ])('is retried in the invocation and nothing is quarantined: %s', async (_, fault) => {
    meet(fault, fault);
    const report = await run([reading(1), reading(2)]);
    expect(report).toMatchObject({ committedRecords: 2, written: 2, hold: undefined });
    expect(report.calls.errors).toBeGreaterThanOrEqual(1);
    expect(await state()).toEqual({ readings: 2, counted: 2, quarantined: 0 });
  });

  it('that lasts holds the position inside the time budget, with nothing in quarantine and the reason said', async () => {
    decide = () => ({ kind: 'error', name: 'DatabaseUnavailableException', when: 'before' });
    const report = await run([reading(1)], { budgetMs: 1_000 });
    expect(report).toMatchObject({ committedRecords: 0, hold: { reason: 'transient' } });
    expect(report.hold?.message).toMatch(/did not recover in time: DatabaseUnavailableException.*delivered again/);
    expect(await state()).toEqual({ readings: 0, counted: 0, quarantined: 0 });
  });
});

describe('an unknown outcome', () => {
  it.each<[string, Fault]>([
    ['500 after the commit', { kind: 'error', name: 'InternalServerErrorException', when: 'after' }],
    ['a socket lost after the commit', { kind: 'drop-connection', when: 'after' }],
    ['a socket lost before it', { kind: 'drop-connection', when: 'before' }],
  ])('is retried and has one effect: %s', async (_, fault) => {
    meet(fault);
    expect(await run([reading(1), reading(2)])).toMatchObject({ committedRecords: 2, hold: undefined });
    expect(await state()).toEqual({ readings: 2, counted: 2, quarantined: 0 });
  });
});

describe('a failure of the configuration', () => {
  it.each([
    ['42P01', /deploy the migration that creates it/],
    ['42501', /the migrations grant it/],
    ['28P01', /check the secret/],
    ['3D000', /check `DATABASE`/],
  ])('holds the position at once and says what to do: SQLSTATE %s', async (sqlState, fix) => {
    decide = () => ({
      kind: 'error',
      name: 'DatabaseErrorException',
      message: `ERROR: x; SQLState: ${sqlState}`,
      when: 'before',
    });
    const report = await run([reading(1)]);
    // The write, and the question whether the database takes the statement without a row.
    expect(report).toMatchObject({ committedRecords: 0, calls: { calls: 2 }, hold: { reason: 'configuration' } });
    expect(report.hold?.message).toMatch(fix);
    expect(await state()).toEqual({ readings: 0, counted: 0, quarantined: 0 });
  });
});

/** Table with a trigger that refuses negative numbers with a code of its own. */
async function refusingTable(name: string, sqlState: string) {
  await database.query(`CREATE TABLE ${name} (id text PRIMARY KEY, n integer NOT NULL);
    CREATE FUNCTION check_${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.n < 0 THEN RAISE EXCEPTION 'refused' USING ERRCODE = '${sqlState}'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER x BEFORE INSERT ON ${name} FOR EACH ROW EXECUTE FUNCTION check_${name}()`);
  return database.createEngine(
    defineProjection({
      name: name.replace('_', '-'),
      schema: z.object({ id: z.string(), n: z.int() }),
      eventId: ({ id }) => id,
      tables: { [name]: inserts({ columns: { id: 'text', n: 'integer' } }) },
      project: (event) => ({ [name]: event }) as never,
    }),
  );
}

const numbers = (...all: readonly number[]) => all.map((n, index) => ({ data: { id: `n-${index}`, n }, index }));

describe('a SQLSTATE that a trigger raises', () => {
  it.each([
    ...['PAY01', 'AB001', '0A000', '09000', '25P01', '27000', '28000', '2F000', '38001', '39000', '3D000', '3F000'],
    ...['42501', '42P01', '45000', '55000', '72000', 'F0000', 'HV000', 'P0001', 'XX000'],
  ])('for one row quarantines that row: %s', async (sqlState) => {
    const engine = await refusingTable(`t_${sqlState.toLowerCase()}`, sqlState);
    const report = await run(numbers(1, -1, 2), { on: engine });
    expect(report).toMatchObject({ written: 2, committedRecords: 3, hold: undefined });
    expect(report.rejections.map(({ rejection }) => [rejection.reason, rejection.sqlState])).toEqual([
      ['database', sqlState],
    ]);
  });

  it('for every row holds the position with advice, until the trigger is gone', async () => {
    const engine = await refusingTable('t_all', 'PAY02');
    for (const batch of [numbers(-1), numbers(-1, -2, -3)]) {
      const report = await run(batch, { on: engine });
      expect(report).toMatchObject({ committedRecords: 0, rejections: [], hold: { reason: 'configuration' } });
      expect(report.hold?.message).toMatch(/SQLSTATE PAY02.*find out what raises this code: triggers/);
    }
    await database.query('DROP TRIGGER x ON t_all');
    expect(await run(numbers(-1, -2, -3), { on: engine })).toMatchObject({ written: 3, hold: undefined });
  });
});

describe('a key that is deferrable', () => {
  it('holds every row with the advice to change the constraint, and goes on once it is changed', async () => {
    await database.query(`CREATE TABLE latest (id text NOT NULL, n integer NOT NULL,
      CONSTRAINT latest_key UNIQUE (id) DEFERRABLE)`);
    const engine = database.createEngine(
      defineProjection({
        name: 'latest',
        schema: z.object({ id: z.string(), n: z.int() }),
        eventId: ({ id }) => id,
        tables: { latest: versions({ key: { id: 'text' }, version: { n: 'integer' }, columns: {} }) },
        project: ({ id, n }) => ({ latest: { id, n } }),
      }),
    );
    const held = await run(numbers(1, 2, 3), { on: engine });
    expect(held).toMatchObject({ committedRecords: 0, rejections: [], hold: { reason: 'configuration' } });
    expect(held.hold?.message).toMatch(/SQLSTATE 55000.*NOT DEFERRABLE/);
    await database.query(
      'ALTER TABLE latest DROP CONSTRAINT latest_key, ADD CONSTRAINT latest_key UNIQUE (id) NOT DEFERRABLE',
    );
    expect(await run(numbers(1, 2, 3), { on: engine })).toMatchObject({ written: 3, hold: undefined });
  });
});

describe('a statement that takes too long', () => {
  const TIMEOUT: Fault = { kind: 'statement-timeout' };

  it('is cut in halves until its parts are quick enough', async () => {
    meet(TIMEOUT, TIMEOUT);
    const report = await run(Array.from({ length: 8 }, (_, n) => reading(n)));
    expect(report).toMatchObject({ committedRecords: 8, written: 8, calls: { calls: 5, errors: 2 }, hold: undefined });
  });

  it('holds the position when a single event takes too long, and never quarantines it', async () => {
    decide = () => TIMEOUT;
    const report = await run([reading(1), reading(2)]);
    expect(report).toMatchObject({ committedRecords: 0, calls: { calls: 2 }, hold: { reason: 'transient' } });
    expect(await state()).toEqual({ readings: 0, counted: 0, quarantined: 0 });
  });
});

describe('a row that the database refuses', () => {
  it.each([
    ['first', 0],
    ['in the middle', 500],
    ['last', 999],
  ])('costs a batch of 1,000 at most 2·log2(1000)+3 calls: %s', async (_, place) => {
    await run(Array.from({ length: 1000 }, (__, n) => reading(n, n === place ? POISON : 20)));
    expect(calls).toBeLessThanOrEqual(2 * Math.log2(1000) + 3);
    expect(await state()).toEqual({ readings: 999, counted: 999, quarantined: 1 });
  });

  it('costs at most three times that when there are three', async () => {
    await run(Array.from({ length: 1000 }, (_, n) => reading(n, [3, 333, 777].includes(n) ? POISON : 20)));
    expect(calls).toBeLessThanOrEqual(3 * (2 * Math.log2(1000) + 3));
    expect(await state()).toEqual({ readings: 997, counted: 997, quarantined: 3 });
  });
});

describe('an event is in effect or in quarantine, never both', () => {
  const refuses = () =>
    readings(() => {
      throw new Error('a bad build');
    });

  it('leaves the quarantine when a later build takes it', async () => {
    await run([reading(1, 451)], { on: database.createEngine(refuses()) });
    expect(await state()).toMatchObject({ readings: 0, quarantined: 1 });
    await run([reading(1, 451)]);
    expect(await state()).toEqual({ readings: 1, counted: 1, quarantined: 0 });
  });

  it('does not enter the quarantine when a later build refuses what is in effect', async () => {
    await run([reading(1, 451)]);
    await run([reading(1, 451)], { on: database.createEngine(refuses()) });
    expect(await state()).toEqual({ readings: 1, counted: 1, quarantined: 0 });
  });

  it('does not enter the quarantine beside a good delivery in the same statement', async () => {
    const engine = database.createEngine(refuses());
    await run(
      [
        { ...reading(1), index: 1 },
        { ...reading(1, 451), index: 2 },
      ],
      { on: engine },
    );
    expect(await state()).toEqual({ readings: 1, counted: 1, quarantined: 0 });
  });
});

describe('the fuse', () => {
  it.each([
    [10, 0, 'lets half of a batch of 20 go to the quarantine'],
    [11, 20, 'holds a batch of 20 of which more than half would go there'],
  ])('with %i bad events and %i held %s', async (bad, held) => {
    const batch = Array.from({ length: 20 }, (_, n) => (n < bad ? { data: `no json ${n}`, index: n } : reading(n)));
    const on = database.createEngine(readings(), { fuse: { thresholdPercent: 50, minEvents: 20 } });
    const report = await run(batch, { on });
    expect(report.records - report.committedRecords).toBe(held);
    expect(report.hold?.reason).toBe(held > 0 ? 'fuse' : undefined);
  });
});

describe('a quarantine that cannot be written', () => {
  it('holds the position: nothing that is not stored is passed', async () => {
    await database.query(`CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '42501'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON event_processor.quarantine FOR EACH ROW EXECUTE FUNCTION refuse()`);
    try {
      const report = await run([reading(1), reading(2, POISON), reading(3)]);
      expect(report).toMatchObject({ committedRecords: 1, hold: { reason: 'configuration' } });
    } finally {
      await database.query('DROP TRIGGER refuse ON event_processor.quarantine');
    }
  });
});
