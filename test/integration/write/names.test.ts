import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { compileProjection } from '../../../processor/compile-projection.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { counters, defineProjection, inserts, lookup, versions } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
});

afterAll(() => database.close());

/** Names that the statement uses for itself, without what sets them apart, in this version and in earlier ones. */
const OWN_NAMES = [...compileProjection(everyKind(['a', 'b', 'c', 'd', 'e'])).writeSql.matchAll(/"~(\w+)"/g)].map(
  ([, name]) => name!,
);
const SQL_NAMES = ['v', 'w', '_row', '_t', '_l', '_q', '_p', '_n', '_fresh', '_event', '_ledger', '_log', '_asked'];
const SQL_WORDS = ['excluded', 'event_id', 'function_name', 'key', 'value', 'ordinality', 'lookup', 'cells', 'bytes'];
const FUNCTIONS = ['sum', 'count', 'min', 'jsonb_array_elements', 'int4', 'select', 'superseded', 'written', 'fresh'];
const PROTOTYPE = Object.getOwnPropertyNames(Object.prototype).filter((name) => name !== '__proto__');
/** What only a quoted name can be. */
const ODD_NAMES = ['größen liste', 'e-mail', 'Order No', '名前', 'SELECT', '2024-25', '50 % off', 'a#b & c', '@x + $y'];
const name = fc.constantFrom(
  ...new Set([...ODD_NAMES, ...OWN_NAMES, ...SQL_NAMES, ...SQL_WORDS, ...FUNCTIONS, ...PROTOTYPE]),
);

/** A table of each kind and a lookup; five names for tables and columns alike. */
function everyKind([a, b, c, d, e]: readonly string[]) {
  const [one, two, three, four, five] = [a!, b!, c!, d!, e!];
  return defineProjection({
    name: 'names',
    schema: z.object({ id: z.string(), n: z.int() }),
    eventId: ({ id }) => id,
    lookups: {
      [five]: lookup({ table: five, key: one, keyType: 'text', columns: { [two]: 'integer', [three]: 'text' } }),
    },
    lookupKeys: () => ({ [five]: ['there'] }),
    tables: {
      [one]: inserts({ columns: { [one]: 'text', [two]: 'integer', [three]: 'jsonb?' }, key: [one] }),
      [two]: counters({ key: { [one]: 'text', [two]: 'text' }, counters: { [three]: 'integer', [four]: 'bigint' } }),
      [three]: versions({ key: { [three]: 'text' }, version: { [two]: 'integer' }, columns: { [one]: 'text' } }),
      [four]: versions({
        key: { [three]: 'text' },
        version: { [two]: 'integer' },
        columns: {},
        from: { table: one, columns: { [three]: one } },
      }),
    },
    project: ({ id, n }, lookups) => {
      const found = lookups[five]!('there') as Record<string, unknown>;
      return {
        ...(id !== 'none' && { [one]: { [one]: id, [two]: n, [three]: { v: n } } }),
        [two]: { [one]: 'k', [two]: String(found[three]), [three]: n, [four]: Number(found[two]) },
        [three]: { [three]: 'k', [two]: n, [one]: id },
      } as never;
    },
  });
}

it.each([undefined, 'own'])('no name of a table or a column meets one of the statement, ledger: %s', async (ledger) => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { minLength: 5, maxLength: 5 }), async (names) => {
      const [a, b, c, d, e] = names as [string, string, string, string, string];
      await database.query(`
        DROP SCHEMA public CASCADE; CREATE SCHEMA public;
        TRUNCATE event_processor.ledger, event_processor.quarantine;
        CREATE TABLE "${a}" ("${a}" text PRIMARY KEY, "${b}" integer, "${c}" jsonb);
        CREATE TABLE "${b}" ("${a}" text, "${b}" text, "${c}" integer, "${d}" bigint, PRIMARY KEY ("${a}", "${b}"));
        CREATE TABLE "${c}" ("${c}" text PRIMARY KEY, "${b}" integer, "${a}" text);
        CREATE TABLE "${d}" ("${c}" text PRIMARY KEY, "${b}" integer);
        CREATE TABLE "${e}" ("${a}" text PRIMARY KEY, "${b}" integer, "${c}" text);
        INSERT INTO "${e}" VALUES ('there', 10, 'x');`);
      const projection = { ...everyKind(names), ledger: ledger === undefined ? undefined : a };
      const engine = database.createEngine(projection);
      const contents = [
        { id: 'a', n: 2 },
        { id: 'a', n: 2 },
        'not JSON',
        { id: 'b', n: 1 },
        ...(ledger === undefined ? [{ id: 'none', n: 0 }] : []),
      ];
      const records = contents.map((data, index) => kinesisRecord({ data, index }));
      const report = await processBatch(records, engine, () => 30_000);
      expect(report).toMatchObject({ hold: undefined, duplicates: 1, superseded: 0 });
      expect(report.written).toBe(contents.length - 2);
      expect(report.rejections.map(({ rejection }) => rejection.reason)).toEqual(['not-json']);
      expect(await database.query(`SELECT "${a}" AS id FROM "${a}" ORDER BY 1`)).toEqual([{ id: 'a' }, { id: 'b' }]);
      expect(await database.query(`SELECT "${c}" AS sum, "${d}"::int AS more FROM "${b}"`)).toEqual([
        { sum: 3, more: 10 * report.written },
      ]);
      expect(await database.query(`SELECT "${b}" AS n, "${a}" AS id FROM "${c}"`)).toEqual([{ n: 2, id: 'a' }]);
      expect(await database.query(`SELECT "${c}" AS id FROM "${d}" ORDER BY 1`)).toEqual([{ id: 'a' }, { id: 'b' }]);
      const again = await processBatch(records, engine, () => 30_000);
      expect(again).toMatchObject({ hold: undefined, written: 0 });
    }),
    { numRuns: 40 },
  );
});
