import { FRAMEWORK_SCHEMA, FRAMEWORK_TABLES } from '../../../contract/framework-tables.ts';
import { FRAMEWORK_GRANTS } from '../../../functions/migrate/ensure-roles.ts';
import { flightsUnderTest } from '../function/projection.ts';

/** What the function logs in as: with what its projection declares and nothing else, as a deployed one. */
export const PROCESSOR_ROLE = { username: 'chaos_processor', password: 'chaos' } as const;

const { username: ROLE, password: PASSWORD } = PROCESSOR_ROLE;

/** Creates the role: once per server. */
export const CREATE_ROLE = `CREATE ROLE ${ROLE} LOGIN PASSWORD '${PASSWORD}'`;

/** Grants the role what it needs in a database. */
export const GRANT_ALL = [
  `USAGE ON SCHEMA ${FRAMEWORK_SCHEMA}`,
  ...FRAMEWORK_GRANTS.processor,
  ...Object.entries(flightsUnderTest.tables).map(([table, { privileges }]) => `${privileges.join(', ')} ON "${table}"`),
  ...Object.values(flightsUnderTest.lookups).map(({ table }) => `SELECT ON ${table}`),
]
  .map((grant) => `GRANT ${grant} TO ${ROLE}`)
  .join(';\n');

/** Privileges that an incident takes away, by name. */
export const REVOKED_GRANTS = {
  'insert-flights': 'INSERT ON flights',
  'update-gates': 'UPDATE ON gates',
  'select-airports': 'SELECT ON airports',
  'insert-ledger': `INSERT ON ${FRAMEWORK_TABLES.ledger}`,
  'insert-quarantine': `INSERT ON ${FRAMEWORK_TABLES.quarantine}`,
  'insert-batch-log': `INSERT ON ${FRAMEWORK_TABLES.batchLog}`,
  'usage-of-the-schema': `USAGE ON SCHEMA ${FRAMEWORK_SCHEMA}`,
} as const;

/** One of {@link REVOKED_GRANTS}. */
export type RevokedGrant = keyof typeof REVOKED_GRANTS;

/** SQL that takes a privilege away. */
export function revoke(grant: RevokedGrant): string {
  return `REVOKE ${REVOKED_GRANTS[grant]} FROM ${ROLE}`;
}

/** SQL that gives it back. */
export function giveBack(grant: RevokedGrant): string {
  return `GRANT ${REVOKED_GRANTS[grant]} TO ${ROLE}`;
}
