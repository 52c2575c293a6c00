import { describe, expect, it } from 'vitest';
import { lexStatements } from '../../../../local/data-api/lex-statements.ts';

const SINGLE = [
  'SELECT 1',
  'SELECT 1;',
  'SELECT 1; ',
  'SELECT 1;; -- the end; really',
  "SELECT ';'",
  "SELECT E'\\';'",
  'SELECT ";"',
  'SELECT $$;$$',
  'SELECT $a$;$$;$a$',
  '/* ; /* ; */ ; */ SELECT 1',
  '-- SELECT 0;\nSELECT 1',
  'DO $$ BEGIN PERFORM 1; END $$',
  'CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); INSERT INTO b VALUES (2))',
  'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END;',
  'CREATE OR REPLACE PROCEDURE p() begin atomic INSERT INTO t VALUES (1); end',
];

const SEVERAL: readonly (readonly [string, number])[] = [
  ['SELECT 1; SELECT 2', 2],
  ['SELECT 1;SELECT 2;SELECT 3;', 3],
  ["SELECT ';'; SELECT 2", 2],
  ['SELECT 1 /* ; */; SELECT 2', 2],
  ['SELECT $$a$$; SELECT $$b$$', 2],
  ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; SELECT 2', 2],
  ['SELECT atomic FROM t; SELECT 2', 2],
  ["SELECT 'a'; 'b'", 2],
];

describe('lexStatements', () => {
  it.each(SINGLE)('takes %j for one statement', (sql) => {
    expect(lexStatements(sql).statements).toBe(1);
  });

  it.each(SEVERAL)('takes %j for %i statements', (sql, count) => {
    expect(lexStatements(sql).statements).toBe(count);
  });

  it.each(['', ' ', ';', ' ; ;', '-- SELECT 1', '/* SELECT 1; */'])('finds no statement in %j', (sql) => {
    expect(lexStatements(sql).statements).toBe(0);
  });

  it('names the words of the first statement in capitals, outside strings', () => {
    expect(lexStatements("copy t ('x') to stdout; select 1").words).toEqual(['COPY', 'T', 'TO', 'STDOUT']);
  });
});
