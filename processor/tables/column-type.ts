/**
 * The PostgreSQL types a projection may declare, and for each: what TypeScript accepts for a write, what a lookup
 * returns, and how a value is checked and put into JSON so that PostgreSQL reads back exactly what was meant.
 *
 * @module
 */

import type { IntegerRange } from '../../contract/integer-range.ts';
import { isIntegerWithin } from '../../contract/integer-range.ts';
import { describeValue, isPromiseLike } from '../user-values.ts';
import type { JsonText } from './json-cell.ts';
import { JsonProblem, MAX_JSON_DEPTH, writeJson } from './json-cell.ts';
import {
  adviseDate,
  adviseTimestamp,
  adviseTimestamptz,
  asTimestamptz,
  DATE_FORM,
  isTime,
  TIMESTAMP_FORM,
} from './time-text.ts';

/** Any value that JSON can hold; a number beyond 2^53 is a bigint, which keeps its digits. */
export type JsonValue =
  string | number | bigint | boolean | null | readonly JsonValue[] | { readonly [member: string]: JsonValue };

/** For each column type: what a projection may write, and what a lookup returns. */
interface ColumnValues {
  text: { write: string; read: string };
  boolean: { write: boolean; read: boolean };
  smallint: { write: number; read: number };
  integer: { write: number; read: number };
  /** Exact beyond 2^53: pass a string or a bigint there; lookups always return the decimal string. */
  bigint: { write: number | bigint | string; read: string };
  /** Exact: decimals that must not be rounded are strings, integers beyond 2^53 strings or bigints. */
  numeric: { write: number | bigint | string; read: string };
  'double precision': { write: number; read: number };
  /** `YYYY-MM-DD`, also with slashes. */
  date: { write: string; read: string };
  /** `YYYY-MM-DD HH:MM:SS.ssssss`, or less of it, without an offset: the column has no zone. */
  timestamp: { write: string; read: string };
  /** A string is as for `timestamp`, and must carry its offset (`Z` or `+02:00`). */
  timestamptz: { write: string | Date; read: string };
  uuid: { write: string; read: string };
  jsonb: { write: JsonValue; read: JsonValue };
  bytea: { write: Uint8Array; read: string };
  /** The `position` of a record, a `numeric` to PostgreSQL; a row that leaves it out gets that of its own event. */
  position: { write: string; read: string };
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

/** A value as it goes into the JSON of a request. */
export type EncodedValue = string | number | boolean | null | JsonText;

interface Codec {
  /** The value for JSON, or `undefined` when it is not of this type. */
  readonly encode: (value: unknown) => EncodedValue | undefined;
  /** What was expected, for the message. */
  readonly expected: string;
  /** What to write instead of a value that is not of this type, where the value tells. */
  readonly advise?: (value: unknown) => string | undefined;
}

const INT2 = { min: -32_768, max: 32_767 };
const INT4 = { min: -2_147_483_648, max: 2_147_483_647 };

function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asTime(form: RegExp) {
  return (value: unknown): string | undefined => (typeof value === 'string' && isTime(value, form) ? value : undefined);
}

function asInteger(range: IntegerRange) {
  return (value: unknown): number | undefined => (isIntegerWithin(value, range) ? value : undefined);
}

function asBigint(value: unknown): number | string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  const text = typeof value === 'bigint' ? value.toString() : value;
  if (typeof text !== 'string' || !/^-?\d{1,19}$/.test(text)) return undefined;
  return BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? text : undefined;
}

/** A number beyond 2^53 may be a rounded one, and nobody could tell. */
function asNumeric(value: unknown): number | string | undefined {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined;
  return typeof value === 'string' && /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value) ? value : undefined;
}

/** JSON has no NaN and no infinities: `JSON.stringify` would write null, so they travel as PostgreSQL's words. */
function asDouble(value: unknown): number | string | undefined {
  if (typeof value !== 'number') return undefined;
  return Number.isFinite(value) ? value : String(value);
}

function asJson(value: unknown): JsonText | undefined {
  try {
    return writeJson(value);
  } catch (error) {
    if (error instanceof JsonProblem) return undefined;
    throw error;
  }
}

/** Looks once more for what {@link asJson} did not take. */
function describeJsonProblem(value: unknown): string {
  try {
    writeJson(value);
  } catch (error) {
    if (error instanceof JsonProblem) return error.message;
    throw error;
  }
  return `got ${describeValue(value)}`;
}

function asBytea(value: unknown): string | undefined {
  return value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : undefined;
}

function asPosition(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d+$/.test(value) ? value : undefined;
}

function adviseText(value: unknown): string | undefined {
  return ['number', 'bigint', 'boolean'].includes(typeof value) ? 'write `String(value)`' : undefined;
}

function adviseInteger(value: unknown): string | undefined {
  return typeof value === 'bigint'
    ? 'write `Number(value)` where it fits, or declare the column bigint or numeric'
    : undefined;
}

function adviseExact(value: unknown): string | undefined {
  return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
    ? 'a number beyond 2^53 may be rounded: write a bigint or a string'
    : undefined;
}

function adviseDouble(value: unknown): string | undefined {
  return typeof value === 'bigint' ? 'write `Number(value)` where it may be rounded' : undefined;
}

const CODECS: Readonly<Record<ColumnTypeName, Codec>> = {
  text: { encode: asString, expected: 'a string', advise: adviseText },
  boolean: {
    encode: (value) => (typeof value === 'boolean' ? value : undefined),
    expected: 'true or false',
  },
  smallint: {
    encode: asInteger(INT2),
    expected: `an integer from ${INT2.min} to ${INT2.max}`,
    advise: adviseInteger,
  },
  integer: {
    encode: asInteger(INT4),
    expected: `an integer from ${INT4.min} to ${INT4.max}`,
    advise: adviseInteger,
  },
  bigint: {
    encode: asBigint,
    expected: 'a bigint, a safe integer or a string of digits, within 64 bits',
    advise: adviseExact,
  },
  numeric: {
    encode: asNumeric,
    expected: 'a number up to 2^53, a bigint or a decimal string',
    advise: adviseExact,
  },
  'double precision': { encode: asDouble, expected: 'a number', advise: adviseDouble },
  date: { encode: asTime(DATE_FORM), expected: 'a string such as 2001-03-31', advise: adviseDate },
  timestamp: {
    encode: asTime(TIMESTAMP_FORM),
    expected: 'a string such as 2001-03-31 22:27:00',
    advise: adviseTimestamp,
  },
  timestamptz: {
    encode: asTimestamptz,
    expected: 'a Date or a string with its offset, such as 2001-03-31T22:27:00Z',
    advise: adviseTimestamptz,
  },
  uuid: { encode: asString, expected: 'a string such as 0b0e0c52-5d0c-4b0e-9a53-0d1f1b9c2a11' },
  jsonb: { encode: asJson, expected: `a JSON value, at most ${MAX_JSON_DEPTH} levels deep` },
  bytea: { encode: asBytea, expected: 'a Uint8Array' },
  position: { encode: asPosition, expected: 'the `position` of a record, a string of digits' },
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

/** The type of a column as PostgreSQL knows it. */
export function sqlTypeOf(type: ColumnType): string {
  const name = type.endsWith('?') ? type.slice(0, -1) : type;
  return name === 'position' ? 'numeric' : name;
}

/** A function that turns a column's value into JSON, or returns `undefined` when the value is not of its type. */
export type ColumnEncoder = (value: unknown) => EncodedValue | undefined;

/** Chooses the encoder of a column once, so that no row pays for the choice. */
export function columnEncoder({ name, nullable }: ParsedColumnType): ColumnEncoder {
  const { encode } = CODECS[name];
  return nullable ? (value) => (value === null ? null : encode(value)) : encode;
}

/** What a column takes and what came instead, in words for an error message. */
export function describeMisfit({ name, nullable }: ParsedColumnType, value: unknown): string {
  const { expected, advise } = CODECS[name];
  const must = `must be ${expected}${nullable ? ' or null' : ''}`;
  if (name === 'jsonb') return `${must}, ${describeJsonProblem(value)}`;
  const advice = isPromiseLike(value) ? 'await it' : advise?.(value);
  return `${must}, got ${describeValue(value)}${advice === undefined ? '' : `; ${advice}`}`;
}
