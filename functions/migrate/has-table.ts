import type { Execute } from '../../data-api/execute.ts';

/** Whether a database has a table already; asking for the table itself would end the transaction. */
export async function hasTable(execute: Execute, table: string): Promise<boolean> {
  const { rows } = await execute(`SELECT to_regclass('${table}') IS NOT NULL`);
  return rows[0]?.[0]?.booleanValue === true;
}
