import type { SqlParameter, TypeHint } from './data-api-request.ts';
import { DataApiError } from './data-api-error.ts';
import type { ScannedStatement } from './scan-placeholders.ts';
import { isTemporalHint, temporalProblem } from './temporal-problem.ts';

/** A statement with everything the database's `Parse` and `Bind` messages need. */
export interface BoundStatement {
  readonly text: string;
  /** Type OID of each value, 0 where the database is to infer it. */
  readonly types: readonly number[];
  /** Text or, as a buffer, binary form; fewer than there are placeholders where a parameter is missing. */
  readonly values: readonly (string | Buffer | null)[];
}

/** A value as the database gets it. */
interface TypedValue {
  readonly type: number;
  readonly value: string | Buffer | null;
}

/** OIDs from `pg_type.dat`; they never change. */
const OID = {
  unspecified: 0,
  bool: 16,
  bytea: 17,
  int8: 20,
  text: 25,
  float8: 701,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const;

/**
 * Puts the parameters behind the placeholders, one bind per occurrence, each with the type it is declared as.
 *
 * A placeholder without a parameter gets no value, so the database itself refuses the statement
 * (`bind message supplies ...`, 08P01) if it counts it as a placeholder at all. Parameters nobody asks for are ignored.
 *
 * @throws DataApiError if a hinted string does not have the hint's format.
 */
export function bindParameters(statement: ScannedStatement, parameters: readonly SqlParameter[]): BoundStatement {
  const byName = new Map(parameters.map((parameter) => [parameter.name, toTypedValue(parameter)]));
  const found = statement.names.flatMap((name) => byName.get(name) ?? []);
  return {
    text: statement.text,
    types: found.map(({ type }) => type),
    values: found.map(({ value }) => value),
  };
}

function toTypedValue({ value, typeHint }: SqlParameter): TypedValue {
  if ('stringValue' in value) return toTypedString(value.stringValue, typeHint);
  if ('longValue' in value) return { type: OID.int8, value: String(value.longValue) };
  if ('doubleValue' in value) return { type: OID.float8, value: formatDouble(value.doubleValue) };
  if ('booleanValue' in value) return { type: OID.bool, value: value.booleanValue ? 't' : 'f' };
  if ('blobValue' in value) return { type: OID.bytea, value: Buffer.from(value.blobValue, 'base64') };
  // Without a hint, the database infers the type of a null.
  return { type: typeHint === undefined ? OID.unspecified : hintOid(typeHint), value: null };
}

function toTypedString(value: string, hint: TypeHint | undefined): TypedValue {
  if (hint === undefined) return { type: OID.text, value };
  const problem = isTemporalHint(hint) ? temporalProblem(value, hint) : undefined;
  if (problem !== undefined) throw new DataApiError('DatabaseErrorException', problem);
  return { type: hintOid(hint), value };
}

function hintOid(hint: TypeHint): number {
  switch (hint) {
    case 'DATE':
      return OID.date;
    case 'TIME':
      return OID.time;
    case 'TIMESTAMP':
      return OID.timestamp;
    case 'DECIMAL':
      return OID.numeric;
    case 'UUID':
      return OID.uuid;
    case 'JSON':
      // An error text of the real service names it.
      return OID.jsonb;
  }
}

/** A number keeps the sign of zero, which `String` drops. */
function formatDouble(value: number | string): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
