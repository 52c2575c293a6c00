import type { Migration } from './migration.ts';
import { readSchemaChange } from './schema-change.ts';
import { splitStatements } from './split-statements.ts';

const TABLE_LIKE = new Set(['TABLE', 'VIEW']);

/**
 * Names every table and view that migrations make, as written: what their function is given the use of. A table that
 * a later migration drops is still named.
 */
export function tablesOf(migrations: readonly Migration[]): readonly string[] {
  const names = migrations.flatMap(({ sql }) => splitStatements(sql).flatMap(({ text }) => namesIn(text)));
  return [...new Set(names)];
}

function namesIn(statement: string): readonly string[] {
  const change = readSchemaChange(statement);
  if (change?.kind === 'create') return TABLE_LIKE.has(change.object) ? [change.name.written] : [];
  if (change?.kind !== 'alter' || !TABLE_LIKE.has(change.object)) return [];
  const schema = change.name.written.split('.').slice(0, -1);
  return change.actions.flatMap(({ action }) =>
    action.kind === 'rename' ? [[...schema, action.to.written].join('.')] : [],
  );
}
