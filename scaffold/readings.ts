import { columnEncoder, parseColumnType } from '../processor/tables/column-type.ts';
import type { Shape } from './observe.ts';
import { snakeCase } from './names.ts';

/** How a value is read by the schema: zod's own words, or one of the helpers that the generated file has. */
export type Reader =
  | 'z.string()'
  | 'z.int()'
  | 'z.number()'
  | 'z.boolean()'
  | 'wholeNumber'
  | 'anyNumber'
  | 'seconds'
  | 'milliseconds'
  | 'json'
  | `z.array(${string})`;

/** How a member is read and stored. */
export interface Reading {
  readonly reader: Reader;
  /** Type of its column, without `?`. */
  readonly type: string;
  /** What is not certain about it; completes a sentence that begins with the member. */
  readonly doubt?: string;
}

const JSON_COLUMN = { reader: 'json', type: 'jsonb' } as const;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const DATE = /^\d{4}[-/]\d{2}[-/]\d{2}/;
const DECIMAL = /^-?(0|[1-9]\d{0,29})(\.\d{1,20})?$/;
const MONEY = /(^|_)(price|amount|total|subtotal|cost|fee|tax|balance|revenue|paid|due|discount|value|sum)(_|$)/;
const TIME =
  /(^|_)(time|timestamp|ts|date|at|on|created|updated|modified|expires|expiry|start|end|since|until|when)(_|$)/;
const VERSION = /version(_|$)/;

/** 2000 to 2040, in seconds since 1970: numbers outside are seldom times. */
const SECONDS = { from: 946_684_800, to: 2_208_988_800 };

/** Chooses how a member that is no object with columns of its own is read and stored. */
export function readingOf(name: string, shape: Shape): Reading {
  const { strings, numbers, booleans, lists, objects } = shape;
  const kinds = [strings.length, numbers.length, booleans, lists, objects].filter((count) => count > 0).length;
  if (kinds === 0)
    return { ...JSON_COLUMN, doubt: 'is null in every event, so its type is not known: it is stored as jsonb' };
  if (kinds > 1) {
    return {
      ...JSON_COLUMN,
      doubt: `is ${kindsOf(shape).join(' or ')}: it is stored as jsonb, which takes all of them`,
    };
  }
  if (strings.length > 0) return textReading(snakeCase(name), strings);
  if (numbers.length > 0) return numberReading(snakeCase(name), numbers);
  if (booleans > 0) return { reader: 'z.boolean()', type: 'boolean' };
  return lists > 0 ? listReading(shape) : JSON_COLUMN;
}

function kindsOf({ strings, numbers, booleans, lists, objects }: Shape): readonly string[] {
  const counts = {
    text: strings.length,
    'a number': numbers.length,
    'a boolean': booleans,
    'a list': lists,
    'an object': objects,
  };
  return Object.entries(counts).flatMap(([kind, count]) => (count > 0 ? [kind] : []));
}

function textReading(name: string, values: readonly string[]): Reading {
  const reader = 'z.string()';
  if (values.every((value) => UUID.test(value))) return { reader, type: 'uuid' };
  if (values.every((value) => DATE.test(value))) return dateReading(values);
  // Whole numbers alone are more often codes than amounts.
  const hasFraction = values.some((value) => value.includes('.'));
  if (hasFraction && values.every((value) => DECIMAL.test(value)) && !VERSION.test(name)) {
    return {
      reader,
      type: 'numeric',
      doubt: 'is a decimal number in a text: it is stored as numeric, with all its digits',
    };
  }
  const doubt = TIME.test(name) ? timeDoubt(values) : undefined;
  return { reader, type: 'text', ...(doubt !== undefined && { doubt }) };
}

function dateReading(values: readonly string[]): Reading {
  const reader = 'z.string()';
  const type = ['timestamptz', 'date', 'timestamp'].find((it) => fitsAll(it, values));
  if (type === undefined) {
    return {
      reader,
      type: 'text',
      doubt: 'looks like a time that no column accepts as is (nanoseconds, or mixed formats): it is stored as text',
    };
  }
  if (type !== 'timestamp') return { reader, type };
  return { reader, type, doubt: 'has no offset: it is stored as a local time in an unknown time zone' };
}

function timeDoubt(values: readonly string[]): string | undefined {
  if (values.every((value) => /^\d{10}(\d{3}){0,3}$/.test(value)))
    return 'looks like a time since 1970 as digits in a text: it is stored as text';
  return values.every((value) => /\d{4}/.test(value) && !Number.isNaN(Date.parse(value)))
    ? 'looks like a time in a form that PostgreSQL would have to guess: it is stored as text'
    : undefined;
}

function numberReading(name: string, values: readonly (number | bigint)[]): Reading {
  const isWhole = values.every((value) => typeof value === 'bigint' || Number.isSafeInteger(value));
  const isLarge = values.some((value) => typeof value === 'bigint');
  if (!isWhole) {
    const reader = isLarge ? 'anyNumber' : 'z.number()';
    const isExact = MONEY.test(name) || isLarge;
    return isExact && fitsAll('numeric', values) ? { reader, type: 'numeric' } : doubleReading(values);
  }
  if (isLarge) {
    const doubt = 'has integers beyond 2^53, which arrive as bigints with all their digits';
    return { reader: 'wholeNumber', type: fitsAll('bigint', values) ? 'bigint' : 'numeric', doubt };
  }
  return timeReading(name, values as readonly number[]) ?? { reader: 'z.int()', type: 'bigint' };
}

/** A double holds what JSON has, unless it is an integer beyond 2^53. */
function doubleReading(values: readonly (number | bigint)[]): Reading {
  return fitsAll('double precision', values)
    ? { reader: 'z.number()', type: 'double precision' }
    : { ...JSON_COLUMN, doubt: 'has fractions and integers beyond 2^53: it is stored as jsonb' };
}

function timeReading(name: string, values: readonly number[]): Reading | undefined {
  const unit = [
    { reader: 'seconds', factor: 1 },
    { reader: 'milliseconds', factor: 1_000 },
    { reader: undefined, factor: 1_000_000 },
  ].find(({ factor }) => values.every((value) => value >= SECONDS.from * factor && value <= SECONDS.to * factor));
  if (unit === undefined) return undefined;
  const bigint = { reader: 'z.int()', type: 'bigint' } as const;
  if (unit.reader === undefined)
    return { ...bigint, doubt: 'looks like microseconds since 1970: it is stored as a number' };
  if (!TIME.test(name))
    return unit.factor === 1
      ? bigint
      : { ...bigint, doubt: `looks like ${unit.reader} since 1970, and is stored as a number` };
  const reader = unit.reader as 'seconds' | 'milliseconds';
  return { reader, type: 'timestamptz', doubt: `is read as ${reader} since 1970` };
}

const ELEMENTS = [
  { reader: 'z.string()', type: 'text[]', is: (value: unknown) => typeof value === 'string' },
  { reader: 'z.boolean()', type: 'boolean[]', is: (value: unknown) => typeof value === 'boolean' },
  { reader: 'z.int()', type: 'bigint[]', is: (value: unknown) => Number.isSafeInteger(value) },
  { reader: 'z.number()', type: 'double precision[]', is: (value: unknown) => typeof value === 'number' },
] as const;

function listReading({ elements }: Shape): Reading {
  const values = elements.filter((value) => value !== null);
  if (values.length === 0) return { ...JSON_COLUMN, doubt: 'is an empty list in every event: it is stored as jsonb' };
  const found = ELEMENTS.find(({ is }) => values.every(is));
  if (found === undefined) {
    const isOfObjects = values.every((value) => typeof value === 'object' && !Array.isArray(value));
    const doubt = 'is a list of objects, stored as jsonb: a table of its own could have a row for each';
    return isOfObjects ? { ...JSON_COLUMN, doubt } : JSON_COLUMN;
  }
  const { reader, type } = found;
  return { reader: values.length < elements.length ? `z.array(z.nullable(${reader}))` : `z.array(${reader})`, type };
}

/** Asks the engine itself, which will be asked for each event. */
function fitsAll(type: string, values: readonly unknown[]): boolean {
  const parsed = parseColumnType(type);
  if (parsed === undefined) throw new Error(`${type} must be a column type`);
  const encode = columnEncoder(parsed);
  return values.every((value) => encode(value) !== undefined);
}
