import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitStatements } from '../../../../functions/migrate/split-statements.ts';

const texts = (sql: string): readonly string[] => splitStatements(sql).map(({ text }) => text);

describe('splitStatements', () => {
  test.each([
    ['a semicolon in a string', "SELECT 'a;b'"],
    ['a doubled apostrophe', "SELECT 'it''s; fine'"],
    ['a backslash before the end of an ordinary string', "SELECT 'c:\\', 1"],
    ['an escaped apostrophe in an escape string', "SELECT E'it\\'s; fine'"],
    ['a semicolon in a quoted identifier', 'SELECT 1 AS "a;""b"'],
    ['a dollar quote', 'DO $$ BEGIN PERFORM 1; END $$'],
    ['a tagged dollar quote around an untagged one', 'DO $body$ BEGIN EXECUTE $$SELECT 1;$$; END $body$'],
    ['a dollar sign inside a name', 'SELECT a$b$c FROM t'],
    ['a line comment', 'SELECT 1 -- not; yet\n + 1'],
    ['nested block comments', 'SELECT /* a; /* b; */ c; */ 1'],
    ['brackets, as in a rule', 'CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)'],
    [
      'the body of an SQL-standard function',
      'CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END',
    ],
  ])('keeps %s in one statement', (_, statement) => {
    expect(texts(`${statement};SELECT 2`)).toEqual([statement, 'SELECT 2']);
  });

  test('drops what holds no statement', () => {
    expect(texts(' ;; -- nothing\n; /* and ; nothing */ ')).toEqual([]);
  });

  test('leaves comments around a statement out, and says on which line the statement starts', () => {
    const sql = '-- heading\n\nSELECT 1; -- why\n\n/* more */ SELECT\n2 -- end\n';
    expect(splitStatements(sql)).toEqual([
      { text: 'SELECT 1', line: 3 },
      { text: 'SELECT\n2', line: 5 },
    ]);
  });

  test('takes BEGIN for a statement of its own outside a function', () => {
    expect(texts('BEGIN; SELECT 1; END;')).toEqual(['BEGIN', 'SELECT 1', 'END']);
  });

  test.each([
    ["SELECT 1;\nSELECT 'open;", 'the string that opens on line 2 is never closed'],
    ["SELECT e'open\\'", 'the string that opens on line 1 is never closed'],
    ['SELECT "open', 'the quoted identifier that opens on line 1 is never closed'],
    ['\n\nDO $a$ BEGIN $b$', 'the dollar quote that opens on line 3 is never closed'],
    ['SELECT /* /* */ 1', 'the block comment that opens on line 1 is never closed'],
  ])('refuses %j', (sql, message) => {
    expect(() => splitStatements(sql)).toThrow(message);
  });

  const noise = fc.constantFrom(' ', '\n', '-- a; \'b $$ " /*\n', '/* ; \' $$ /* " */ */', '\t');
  const inside = fc.string({
    unit: fc.constantFrom(';', "'", '"', '$', '-', '/', '*', 'a', ' ', '\n', '\\', '('),
  });
  const fragment = fc.oneof(
    fc.constantFrom('select', '1', 'a.b', '+', '::text', '(f(1))', 'x_$1'),
    inside.map((text) => `'${text.replaceAll("'", "''")}'`),
    inside.map((text) => `"${text.replaceAll('"', '""')}"`),
    inside.map((text) => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`),
    inside
      .map((text) => `$t$${text.replaceAll('$t$', '')}$t$`)
      .filter((text) => text.indexOf('$t$', 3) === text.length - 3),
  );
  const statement = fc
    .tuple(fc.constantFrom('select', 'insert', 'do'), fc.array(fc.tuple(noise, fragment), { maxLength: 6 }))
    .map(([head, rest]) => head + rest.map(([space, text]) => ` ${space}${text}`).join(''));

  test('gives back any statements that were joined, whatever is inside them and between them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(statement, noise, noise)), (parts) => {
        const sql = parts.map(([text, before, after]) => `${before}${text} ${after};`).join('');
        expect(texts(sql)).toEqual(parts.map(([text]) => text));
      }),
    );
  });
});
