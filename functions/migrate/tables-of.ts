import type { Migration } from './migration.ts';
import { scanSql } from './scan-sql.ts';
import { splitStatements } from './split-statements.ts';

const CREATES = /^CREATE (?:OR REPLACE )?(?:UNLOGGED |MATERIALIZED )?(?:TABLE|VIEW) (?:IF NOT EXISTS )?(.+)$/i;
const RENAMES = /^ALTER (?:TABLE|VIEW) (?:IF EXISTS )?(?:ONLY )?(.+?) RENAME TO (.+)$/i;

/**
 * Names every table and view that migrations make, as written: what their function is given the use of. A table that
 * a later migration drops is still named.
 */
export function tablesOf(migrations: readonly Migration[]): readonly string[] {
  const names = migrations.flatMap(({ sql }) => splitStatements(sql).flatMap(({ text }) => namesIn(text)));
  return [...new Set(names)];
}

function namesIn(statement: string): readonly string[] {
  const words = scanSql(statement).filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  const end = words.findIndex(({ kind, text }) => kind === 'open' || text.toUpperCase() === 'AS');
  const head = words
    .slice(0, end < 0 ? undefined : end)
    .map(({ text }) => text)
    .join(' ')
    .replaceAll(' . ', '.');
  const created = CREATES.exec(head)?.[1]?.split(' ')[0];
  const renamed = RENAMES.exec(head);
  if (created !== undefined) return [created];
  if (renamed?.[1] === undefined || renamed[2] === undefined) return [];
  const schema = renamed[1].includes('.') ? `${renamed[1].split('.')[0] ?? ''}.` : '';
  return [schema + renamed[2]];
}
