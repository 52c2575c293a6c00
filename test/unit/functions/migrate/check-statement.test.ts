import { describe, expect, test } from 'vitest';
import { checkStatement } from '../../../../functions/migrate/check-statement.ts';

describe('checkStatement', () => {
  test.each([
    'SELECT \':a\', ":b", 1::text -- :c\n /* :d */',
    'DO $$ BEGIN x := 1; PERFORM a[1 : 2]; END $$',
    "DO $$ BEGIN PERFORM ':quoted'; END $$",
    'ROLLBACK TO SAVEPOINT a',
    'SAVEPOINT a',
    'PREPARE p AS SELECT 1',
    'CREATE TABLE commit (begin int)',
  ])('finds nothing wrong with %j', (statement) => {
    expect(checkStatement(statement)).toEqual([]);
  });

  test.each([
    ['DO $$ BEGIN PERFORM f(a :name); END $$', ':name'],
    ['SELECT a[1:2]', ':2'],
    ['SELECT :name', ':name'],
    ["DO $$ -- don't\n BEGIN PERFORM :hidden; END $$", ':hidden'],
  ])('warns that the Data API would replace a part of %j', (statement, part) => {
    expect(checkStatement(statement)).toEqual([
      `\`${part}\` would be replaced by the Data API, which takes it for a parameter, also inside $$...$$; ` +
        'write a space after the colon, or build the text without it',
    ]);
  });

  test.each(['BEGIN', 'START TRANSACTION', 'commit', 'END', 'ROLLBACK', 'ABORT', "PREPARE TRANSACTION 'x'"])(
    'refuses %s, which would end the transaction',
    (statement) => {
      expect(checkStatement(statement)).toEqual([
        `\`${(statement.split(' ')[0] ?? '').toUpperCase()}\` must not be used: each file is one transaction already; remove it`,
      ]);
    },
  );

  test('refuses one character more than the Data API takes, and not one less', () => {
    const padding = 65_536 - "SELECT ''".length;
    expect(checkStatement(`SELECT '${'x'.repeat(padding)}'`)).toEqual([]);
    expect(checkStatement(`SELECT '${'x'.repeat(padding + 1)}'`)).toEqual([
      'the statement must have at most 65536 characters, got 65537; split it',
    ]);
  });
});
