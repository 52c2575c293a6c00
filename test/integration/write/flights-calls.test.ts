import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flights } from '../../../functions/flights/projection.ts';
import type { Engine } from '../../../processor/batch-rounds.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

const MIGRATION = join(import.meta.dirname, '../../../functions/flights/migrations/001-flights.sql');

let database: TestDatabase;
let engine: Engine;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query(await readFile(MIGRATION, 'utf8'));
  await database.query(`INSERT INTO airports VALUES
    ('DTW', 'Metro', 'Detroit', 'MI', 'USA', 42, -83), ('LAS', 'McCarran', 'Las Vegas', 'NV', 'USA', 36, -115)`);
  engine = database.createEngine(flights);
});

afterAll(() => database.close());

function batch(firstMinute: number, size: number, destination = 'LAS') {
  return Array.from({ length: size }, (_, index) => {
    const minute = firstMinute + index;
    const date = `2001/01/01 ${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    return kinesisRecord({ data: { date, delay: 1, distance: 1750, origin: 'DTW', destination }, index: minute });
  });
}

describe('Data API calls of a batch', () => {
  it('are two while the cache is cold: one read for all airports, one write', async () => {
    const report = await processBatch(batch(0, 400), engine, () => 30_000);
    expect(report).toMatchObject({ written: 400, lookups: 800, cacheMisses: 2, calls: { calls: 2, errors: 0 } });
  });

  it('are one when the cache is warm', async () => {
    const report = await processBatch(batch(400, 400), engine, () => 30_000);
    expect(report).toMatchObject({ written: 400, lookups: 800, cacheMisses: 0, calls: { calls: 1, errors: 0 } });
  });

  it('are still two when an airport does not exist: its flights are quarantined, the rest is written', async () => {
    const records = [...batch(800, 10), ...batch(810, 1, 'NONE'), ...batch(811, 9)];
    const report = await processBatch(records, engine, () => 30_000);
    expect(report).toMatchObject({ written: 19, committedRecords: 20, calls: { calls: 2, errors: 0 } });
    expect(report.rejections.map(({ rejection }) => rejection.reason)).toEqual(['lookup-absent']);
  });
});
