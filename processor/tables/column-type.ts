/**
 * The PostgreSQL types a projection may declare, and for each: what TypeScript accepts for a write, what a lookup
 * returns, and how a value is checked and put into JSON so that PostgreSQL reads back exactly what was meant.
 *
 * @module
 */

/** Any value that JSON can hold. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [member: string]: JsonValue };

/** For each column type: what a projection may write, and what a lookup returns. */
interface ColumnValues {
  text: { write: string; read: string };
  boolean: { write: boolean; read: boolean };
  smallint: { write: number; read: number };
  integer: { write: number; read: number };
  /** Exact beyond 2^53: pass a string or a bigint there; lookups always return the decimal string. */
  bigint: { write: number | bigint | string; read: string };
  /** Exact: decimals that must not be rounded are strings. */
  numeric: { write: number | bigint | string; read: string };
  'double precision': { write: number; read: number };
  /** `YYYY-MM-DD`. */
  date: { write: string; read: string };
  /** Date and time without a zone. */
  timestamp: { write: string; read: string };
  /** A string must carry its offset (`Z` or `+02:00`). */
  timestamptz: { write: string | Date; read: string };
  uuid: { write: string; read: string };
  jsonb: { write: JsonValue; read: JsonValue };
  bytea: { write: Uint8Array; read: string };
}

/** Name of a PostgreSQL type that a column can have. */
export type ColumnTypeName = keyof ColumnValues;

/** A column's declaration: a type name, with `?` behind it where the column may be null. */
export type ColumnType = ColumnTypeName | `${ColumnTypeName}?`;

/** What TypeScript accepts for a column of type `T`. */
export type WriteValue<T> = T extends `${infer N extends ColumnTypeName}?`
  ? ColumnValues[N]['write'] | null
  : T extends ColumnTypeName
    ? ColumnValues[T]['write']
    : never;

/** What a lookup returns for a column of type `T`. */
export type ReadValue<T> = T extends `${infer N extends ColumnTypeName}?`
  ? ColumnValues[N]['read'] | null
  : T extends ColumnTypeName
    ? ColumnValues[T]['read']
    : never;

/** A value as it stands in the JSON of a request. */
export type EncodedValue = JsonValue;

interface Codec {
  /** The value for JSON, or `undefined` when it is not of this type. */
  readonly encode: (value: unknown) => EncodedValue | undefined;
  /** What was expected, for the message. */
  readonly expected: string;
}

const INT2 = { min: -32_768, max: 32_767 };
const INT4 = { min: -2_147_483_648, max: 2_147_483_647 };

function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asInteger({ min, max }: { readonly min: number; readonly max: number }) {
  return (value: unknown): number | undefined =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
}

function asBigint(value: unknown): number | string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  const text = typeof value === 'bigint' ? value.toString() : value;
  if (typeof text !== 'string' || !/^-?\d{1,19}$/.test(text)) return undefined;
  return BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? text : undefined;
}

function asNumeric(value: unknown): number | string | undefined {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value) ? value : undefined;
}

/** JSON has no NaN and no infinities: `JSON.stringify` would write null, so they travel as PostgreSQL's words. */
function asDouble(value: unknown): number | string | undefined {
  if (typeof value !== 'number') return undefined;
  return Number.isFinite(value) ? value : String(value);
}

/** An offset follows a time of day: the end of a bare date such as 2001-03-31 only looks like one. */
const ENDS_WITH_OFFSET = /:\d\d(\.\d+)? ?(Z|[-+]\d\d(:?\d\d)?)$/i;

function asTimestamptz(value: unknown): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  return typeof value === 'string' && ENDS_WITH_OFFSET.test(value) ? value : undefined;
}

function asJson(value: unknown): EncodedValue | undefined {
  return isJson(value, 0) ? (value as JsonValue) : undefined;
}

/** Deeper values are circles or mischief: PostgreSQL's parser and JavaScript's stack give up a few thousand later. */
const MAX_JSON_DEPTH = 500;

/** `JSON.stringify` would write null for a number that is not finite and for a function, and say nothing. */
function isJson(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  return value === null || (depth < MAX_JSON_DEPTH && areJson(value, depth + 1));
}

/** A member that is undefined is left out of an object, as everywhere in JSON; an array has no such place. */
function areJson(value: object, depth: number): boolean {
  return Array.isArray(value)
    ? value.every((element) => isJson(element, depth))
    : Object.values(value).every((member) => member === undefined || isJson(member, depth));
}

function asBytea(value: unknown): string | undefined {
  return value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : undefined;
}

const CODECS: Readonly<Record<ColumnTypeName, Codec>> = {
  text: { encode: asString, expected: 'a string' },
  boolean: {
    encode: (value) => (typeof value === 'boolean' ? value : undefined),
    expected: 'true or false',
  },
  smallint: { encode: asInteger(INT2), expected: `an integer from ${INT2.min} to ${INT2.max}` },
  integer: { encode: asInteger(INT4), expected: `an integer from ${INT4.min} to ${INT4.max}` },
  bigint: { encode: asBigint, expected: 'a bigint, a safe integer or a string of digits, within 64 bits' },
  numeric: { encode: asNumeric, expected: 'a finite number, a bigint or a decimal string' },
  'double precision': { encode: asDouble, expected: 'a number' },
  date: { encode: asString, expected: 'a string such as 2001-03-31' },
  timestamp: { encode: asString, expected: 'a string such as 2001-03-31 22:27:00' },
  timestamptz: {
    encode: asTimestamptz,
    expected: 'a Date or a string with its offset, such as 2001-03-31T22:27:00Z',
  },
  uuid: { encode: asString, expected: 'a string such as 0b0e0c52-5d0c-4b0e-9a53-0d1f1b9c2a11' },
  jsonb: { encode: asJson, expected: `a JSON value with finite numbers, at most ${MAX_JSON_DEPTH} levels deep` },
  bytea: { encode: asBytea, expected: 'a Uint8Array' },
};

/** Every column type name there is. */
export const COLUMN_TYPE_NAMES: readonly ColumnTypeName[] = Object.keys(CODECS) as ColumnTypeName[];

/** A column's type, taken apart. */
export interface ParsedColumnType {
  readonly name: ColumnTypeName;
  readonly nullable: boolean;
}

/**
 * Takes a column's declaration apart.
 *
 * @returns `undefined` when it is not a known type
 */
export function parseColumnType(type: string): ParsedColumnType | undefined {
  const nullable = type.endsWith('?');
  const name = (nullable ? type.slice(0, -1) : type) as ColumnTypeName;
  return Object.hasOwn(CODECS, name) ? { name, nullable } : undefined;
}

/** A function that turns a column's value into JSON, or returns `undefined` when the value is not of its type. */
export type ColumnEncoder = (value: unknown) => EncodedValue | undefined;

/** Chooses the encoder of a column once, so that no row pays for the choice. */
export function columnEncoder({ name, nullable }: ParsedColumnType): ColumnEncoder {
  const { encode } = CODECS[name];
  return nullable ? (value) => (value === null ? null : encode(value)) : encode;
}

/** What a column takes, in words for an error message. */
export function describeColumnType({ name, nullable }: ParsedColumnType): string {
  return CODECS[name].expected + (nullable ? ' or null' : '');
}

/** Whether PostgreSQL can hold a text: it has no NUL character, and UTF-8 has no half surrogate pairs. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
