/**
 * The PostgreSQL types a projection may declare, and for each: what TypeScript accepts for a write, what a lookup
 * returns, and how a value is checked and put into JSON so that PostgreSQL reads back exactly what was meant.
 *
 * @module
 */

import type { IntegerRange } from '../../contract/integer-range.ts';
import { isIntegerWithin } from '../../contract/integer-range.ts';
import { describeValue, isPromiseLike } from '../user-values.ts';
import { MAX_DIMENSIONS, misfitOf, writeArray } from './array-cell.ts';
import type { EncodedValue, JsonText } from './json-cell.ts';
import { JsonProblem, MAX_JSON_DEPTH, writeJson } from './json-cell.ts';
import {
  adviseClock,
  adviseDate,
  adviseTimestamp,
  adviseTimestamptz,
  asClock,
  asTimestamptz,
  DATE_FORM,
  hasTimes,
  isTime,
  timeFormOf,
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
  /** Hours, minutes and seconds of a day, `HH:MM:SS.ssssss` or less of it, without an offset. */
  time: { write: string; read: string };
  /** PostgreSQL's notation, `1 day 02:00:00`, or that of ISO 8601, `P1DT2H`. */
  interval: { write: string; read: string };
  inet: { write: string; read: string };
  jsonb: { write: JsonValue; read: JsonValue };
  /** Like `jsonb`, and stored as text. */
  json: { write: JsonValue; read: JsonValue };
  bytea: { write: Uint8Array; read: string };
  /** The `position` of a record, a `numeric` to PostgreSQL; a row that leaves it out gets that of its own event. */
  position: { write: string; read: string };
}

/** Name of a type that is one value. */
export type BaseTypeName = keyof ColumnValues;

/** Name of a type that a column can have: of one value, of a list of them, or any by the name that PostgreSQL has for it. */
export type ColumnTypeName = BaseTypeName | `${Exclude<BaseTypeName, 'position'>}[]` | SqlTypeName;

/** What {@link sql} returns. */
type SqlTypeName = `sql(${string})`;

/** A column's declaration: a type name, with `?` behind it where the column may be null. */
export type ColumnType = ColumnTypeName | `${ColumnTypeName}?`;

/** What TypeScript accepts for a column of type `T`. */
export type WriteValue<T> = T extends `${infer N extends ColumnTypeName}?` ? WriteOf<N> | null : WriteOf<T>;

type WriteOf<N> = N extends `${infer E extends BaseTypeName}[]`
  ? ListValue<ColumnValues[E]['write']>
  : N extends BaseTypeName
    ? ColumnValues[N]['write']
    : N extends `sql(${string}[])`
      ? string | ListValue<string>
      : N extends SqlTypeName
        ? string
        : never;

/** A list for an array of PostgreSQL, which may have several dimensions. */
type ListValue<T> = readonly (T | null | ListValue<T>)[];

/** What a lookup returns for a column of type `T`. */
export type ReadValue<T> = T extends `${infer N extends ColumnTypeName}?` ? ReadOf<N> | null : ReadOf<T>;

type ReadOf<N> = N extends `${infer E extends BaseTypeName}[]`
  ? readonly (ColumnValues[E]['read'] | null)[]
  : N extends BaseTypeName
    ? ColumnValues[N]['read']
    : N extends SqlTypeName
      ? string
      : never;

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
  return typeof value === 'string' && /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(value) ? value : undefined;
}

/** JSON has no NaN and no infinities: `JSON.stringify` would write null, so they travel as PostgreSQL's words. */
function asDouble(value: unknown): number | string | undefined {
  if (typeof value !== 'number') return undefined;
  return Number.isFinite(value) ? value : String(value);
}

function asFinite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
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

const FINER_THAN_MICROSECONDS = /\.\d{6}\d*[1-9]/;

/** PostgreSQL would round a fraction of more than six digits. */
function asInterval(value: unknown): string | undefined {
  return typeof value === 'string' && !FINER_THAN_MICROSECONDS.test(value) ? value : undefined;
}

function adviseInterval(value: unknown): string | undefined {
  if (typeof value === 'number') return 'write a text such as `${value} seconds`';
  return typeof value === 'string' ? 'a column holds microseconds: cut the fraction to six digits' : undefined;
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
  if (typeof value === 'number') return 'this column is added up or compared, and nothing is more or newer than that';
  return typeof value === 'bigint' ? 'write `Number(value)` where it may be rounded' : undefined;
}

const CODECS: Readonly<Record<BaseTypeName, Codec>> = {
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
  time: { encode: asClock, expected: 'a string such as 22:27:00', advise: adviseClock },
  interval: { encode: asInterval, expected: 'a string such as 1 day 02:00:00 or P1DT2H', advise: adviseInterval },
  inet: { encode: asString, expected: 'a string such as 10.0.0.1 or 10.0.0.0/8' },
  uuid: { encode: asString, expected: 'a string such as 0b0e0c52-5d0c-4b0e-9a53-0d1f1b9c2a11' },
  jsonb: { encode: asJson, expected: `a JSON value, at most ${MAX_JSON_DEPTH} levels deep` },
  json: { encode: asJson, expected: `a JSON value, at most ${MAX_JSON_DEPTH} levels deep` },
  bytea: { encode: asBytea, expected: 'a Uint8Array' },
  position: { encode: asPosition, expected: 'the `position` of a record, a string of digits' },
};

/** Every type of one value that there is. */
export const BASE_TYPE_NAMES: readonly BaseTypeName[] = Object.keys(CODECS) as BaseTypeName[];

/** A column's type, taken apart. */
export type ParsedColumnType =
  | { readonly kind: 'one' | 'list'; readonly name: BaseTypeName; readonly nullable: boolean }
  /** A type by the name that PostgreSQL has for it. */
  | { readonly kind: 'sql'; readonly name: string; readonly nullable: boolean };

/**
 * Declares a column of any type by the name that PostgreSQL has for it, such as an enum or a range: a value is the text
 * that PostgreSQL reads as one, and a text that it does not read rejects the event.
 *
 * @param name such as `mood`, `shop.mood`, `int4range` or `point`, with `?` behind it where the column may be null
 */
export function sql<const N extends string>(name: N): N extends `${infer M}?` ? `sql(${M})?` : `sql(${N})` {
  type Declared = N extends `${infer M}?` ? `sql(${M})?` : `sql(${N})`;
  return (name.endsWith('?') ? `sql(${name.slice(0, -1)})?` : `sql(${name})`) as Declared;
}

/** An identifier, with its schema in front where it needs one, or a name of several words; a length may follow, or `[]`. */
const SQL_TYPE =
  /^(?:(?:[a-z_][\w$]*|"[^":?]+")(?:\.(?:[a-z_][\w$]*|"[^":?]+"))?|double precision|(?:character|bit) varying|time(?:stamp)?(?:\(\d\))? with(?:out)? time zone)(?:\(\d+(?:, ?\d+)?\))?(?:\[\])*$/i;

/**
 * Takes a column's declaration apart.
 *
 * @returns `undefined` when it is not a known type
 */
export function parseColumnType(type: string): ParsedColumnType | undefined {
  const nullable = type.endsWith('?');
  const name = nullable ? type.slice(0, -1) : type;
  const sqlName = /^sql\((.*)\)$/.exec(name)?.[1];
  if (sqlName !== undefined) return SQL_TYPE.test(sqlName) ? { kind: 'sql', name: sqlName, nullable } : undefined;
  const isList = name.endsWith('[]');
  const base = (isList ? name.slice(0, -2) : name) as BaseTypeName;
  if (!Object.hasOwn(CODECS, base) || (isList && base === 'position')) return undefined;
  return { kind: isList ? 'list' : 'one', name: base, nullable };
}

/** A function that turns a column's value into JSON, or returns `undefined` when the value is not of its type. */
export type ColumnEncoder = (value: unknown) => EncodedValue | undefined;

/**
 * Chooses the encoder of a column once, so that no row pays for the choice.
 *
 * @param type of the column
 * @param options whether it takes neither NaN nor the infinities
 */
export function columnEncoder(
  type: ParsedColumnType,
  { isFinite = false }: { readonly isFinite?: boolean | undefined } = {},
): ColumnEncoder {
  const encode = isFinite && type.name === 'double precision' ? asFinite : encoderOf(type);
  return type.nullable ? (value) => (value === null ? null : encode(value)) : encode;
}

function encoderOf(type: ParsedColumnType): ColumnEncoder {
  if (type.kind === 'sql') {
    const times = timeFormOf(type.name);
    const encode =
      times === undefined
        ? asString
        : (value: unknown) => (typeof value === 'string' && hasTimes(value, times) ? value : undefined);
    return isArrayName(type.name)
      ? (value) => (Array.isArray(value) ? writeArray(value, encode) : encode(value))
      : encode;
  }
  const { encode } = CODECS[type.name];
  return type.kind === 'list' ? (value) => writeArray(value, encode, dimensionsOf(type.name)) : encode;
}

/** Whether a type that is known by its name only is that of an array. */
function isArrayName(name: string): boolean {
  return name.endsWith('[]');
}

/** A list in JSON is a value, not a dimension. */
function dimensionsOf(name: BaseTypeName): number {
  return isJson(name) ? 1 : MAX_DIMENSIONS;
}

function isJson(name: BaseTypeName): boolean {
  return name === 'jsonb' || name === 'json';
}

/** What a column takes and what came instead, in words for an error message. */
export function describeMisfit(type: ParsedColumnType, value: unknown): string {
  const { expected, describe } = expectationOf(type);
  return `must be ${expected}${type.nullable ? ' or null' : ''}, ${describe(value)}`;
}

interface Expectation {
  readonly expected: string;
  /** What came instead, with advice. */
  readonly describe: (value: unknown) => string;
}

function expectationOf(type: ParsedColumnType): Expectation {
  if (type.kind === 'sql') {
    const example = timeFormOf(type.name)?.example;
    const advise = example === undefined ? adviseText : () => `each time in it must be such as ${example}`;
    return {
      expected: `the text of a value of type ${type.name}${isArrayName(type.name) ? ', or a list of the texts of its elements' : ''}`,
      describe: (value) => describeOther(value, advise),
    };
  }
  const { expected, advise } = CODECS[type.name];
  const describe = isJson(type.name) ? describeJsonProblem : (value: unknown) => describeOther(value, advise);
  if (type.kind === 'one') return { expected, describe };
  return {
    expected: `a list whose every element is ${expected} or null`,
    describe: (value) => {
      if (!Array.isArray(value)) return describeOther(value, undefined);
      const misfit = misfitOf(value, CODECS[type.name].encode, dimensionsOf(type.name));
      return `its [${misfit.at.join('][')}]: ${describe(misfit.value)}`;
    },
  };
}

function describeOther(value: unknown, advise: Codec['advise']): string {
  const advice = isPromiseLike(value) ? 'await it' : advise?.(value);
  return `got ${describeValue(value)}${advice === undefined ? '' : `; ${advice}`}`;
}
