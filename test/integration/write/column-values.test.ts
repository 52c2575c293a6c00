import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { KinesisRecord } from '../../../processor/decode/item.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { defineProjection, inserts } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

const MEBIBYTE = 1024 * 1024;

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
});

afterAll(() => database.close());

function kinesisRecords(...data: readonly unknown[]): KinesisRecord[] {
  return data.map((datum, index) => kinesisRecord({ data: datum, index }));
}

/** Every column type with a value that a careless path would change, and how PostgreSQL prints it. */
const EXACT_VALUES = [
  ['text', 'quote " backslash \\ newline \n snowman ☃ pair 😀 literal \\u0000', undefined],
  ['boolean', false, 'false'],
  ['smallint', -32_768, '-32768'],
  ['integer', 2_147_483_647, '2147483647'],
  ['bigint', 9_223_372_036_854_775_807n, '9223372036854775807'],
  ['bigint', '9007199254740993', '9007199254740993'],
  ['numeric', '12345678901234567890.12345678901234567890', '12345678901234567890.12345678901234567890'],
  ['numeric', '100.10', '100.10'],
  ['numeric', '.5', '0.5'],
  ['numeric', '-.25e2', '-25'],
  ['numeric', '+7.', '7'],
  ['double precision', 0.1, '0.1'],
  ['double precision', NaN, 'NaN'],
  ['double precision', -Infinity, '-Infinity'],
  ['date', '2001-02-28', '2001-02-28'],
  ['timestamp', '2001-02-28 23:59:59.123456', '2001-02-28 23:59:59.123456'],
  ['timestamptz', '2001-02-28T23:59:59.123456+02:00', '2001-02-28 21:59:59.123456+00'],
  ['timestamptz', new Date(Date.UTC(2001, 1, 28, 23, 59, 59, 123)), '2001-02-28 23:59:59.123+00'],
  ['uuid', '0b0e0c52-5d0c-4b0e-9a53-0d1f1b9c2a11', undefined],
  ['jsonb', { text: '1', number: 1, list: [null, true], nested: { '☃': 'x' } }, undefined],
  ['jsonb', 'a string', '"a string"'],
  ['bytea', Buffer.from([0, 255, 92, 34]), '\\x00ff5c22'],
  ['text?', null, null],
  ['jsonb?', null, null],
] as const;

describe('a value of type', () => {
  it.each(EXACT_VALUES.map(([type, value, printed], index) => ({ type, value, printed, index })))(
    '$type reaches its column exactly: $value',
    async ({ type, value, printed, index }) => {
      const table = `values_${index}`;
      const sqlType = type.replace('?', '');
      await database.query(`CREATE TABLE ${table} (id text, value ${sqlType})`);
      const projection = defineProjection({
        name: `values-${index}`,
        schema: z.object({ id: z.string() }),
        eventId: ({ id }) => id,
        tables: { [table]: inserts({ columns: { id: 'text', value: type } }) },
        project: ({ id }) => ({ [table]: { id, value: value as never } }),
      });

      const report = await processBatch(kinesisRecords({ id: 'a' }), database.createEngine(projection), () => 30_000);

      expect(report).toMatchObject({ written: 1, rejections: [] });
      const [row] = await database.query(`SELECT value::text AS printed, value FROM ${table}`);
      if (printed === undefined) expect(row?.['value']).toEqual(value);
      else expect(row?.['printed']).toBe(printed);
    },
  );
});

describe('text that PostgreSQL can not store', () => {
  it.each([
    ['a NUL character', 'before\u0000after'],
    ['half a surrogate pair', 'before\ud800after'],
  ])('is quarantined with its payload: %s', async (_name, note) => {
    const table = `notes_${note.charCodeAt(6)}`;
    await database.query(`CREATE TABLE ${table} (id text, note text)`);
    const projection = defineProjection({
      name: table.replace('_', '-'),
      schema: z.object({ id: z.string(), note: z.string() }),
      eventId: ({ id }) => id,
      tables: { [table]: inserts({ columns: { id: 'text', note: 'text' } }) },
      project: (event) => ({ [table]: event }),
    });
    const engine = database.createEngine(projection);

    const report = await processBatch(
      kinesisRecords({ id: 'good', note: 'fine' }, { id: 'bad', note }),
      engine,
      () => 30_000,
    );

    expect(report).toMatchObject({ written: 1, committedRecords: 2, calls: { calls: 1, errors: 0 } });
    expect(
      await database.query(
        "SELECT reason, convert_from(payload, 'UTF8') AS payload FROM event_processor.quarantine WHERE function_name = $1",
        [projection.name],
      ),
    ).toEqual([{ reason: 'row-invalid', payload: JSON.stringify({ id: 'bad', note }) }]);
  });
});

describe('a row near the limit of a request', () => {
  const letters = defineProjection({
    name: 'letters',
    schema: z.object({ id: z.string(), length: z.number() }),
    eventId: ({ id }) => id,
    tables: { letters: inserts({ columns: { id: 'text', body: 'text' } }) },
    project: ({ id, length }) => ({ letters: { id, body: '"'.repeat(length) } }),
  });

  beforeAll(async () => {
    await database.query('CREATE TABLE letters (id text, body text)');
  });

  it('is written when it just fits, and in a request of its own', async () => {
    const engine = database.createEngine(letters);
    // A quote is four bytes in a request: escaped in the row's JSON, and both characters again in the body's.
    const length = Math.floor((4 * MEBIBYTE - engine.compiled.fixedRequestBytes - 64) / 4);

    const report = await processBatch(
      kinesisRecords({ id: 'small', length: 10 }, { id: 'large', length }),
      engine,
      () => 30_000,
    );

    expect(report).toMatchObject({ written: 2, rejections: [], calls: { calls: 2, errors: 0 } });
    expect(await database.query("SELECT length(body) FROM letters WHERE id = 'large'")).toEqual([{ length }]);
  });

  it('is quarantined when it does not fit, and does not drag its batch along', async () => {
    const report = await processBatch(
      kinesisRecords({ id: 'before', length: 1 }, { id: 'huge', length: MEBIBYTE }, { id: 'after', length: 1 }),
      database.createEngine(letters),
      () => 30_000,
    );

    expect(report).toMatchObject({ written: 2, committedRecords: 3, calls: { calls: 1, errors: 0 } });
    expect(report.rejections.map(({ rejection }) => rejection.reason)).toEqual(['too-large']);
  });
});
