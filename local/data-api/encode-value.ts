import { DataApiError } from './data-api-error.ts';
import type { ResultSetOptions } from './data-api-request.ts';
import { formatFraction, formatTimestamptz, isInfinite } from './format-temporal.ts';
import { unsupportedTypeName, valueKindOf, type PgType, type ValueKind } from './pg-type.ts';

/** A value on its way out: the member of `Field` it goes into, and its JSON text. */
export interface EncodedValue {
  readonly member: 'longValue' | 'doubleValue' | 'booleanValue' | 'stringValue' | 'blobValue' | 'arrayValue';
  readonly json: string;
}

/** Turns a value as PostgreSQL prints it into the Data API's form. */
export type ValueEncoder = (text: string) => EncodedValue;

/** Forms of a value on which reports of the real service disagree, or about which there is none. */
export interface ValueForms {
  /** A float4 as PostgreSQL prints it, with the fewest digits that tell it apart, or as the double it widens to. */
  readonly float4Form: 'shortest' | 'widened';
  /** JSON without the whitespace between its tokens, or as PostgreSQL prints it: `json` as it was stored. */
  readonly jsonText: 'compact' | 'as-printed';
  /** What a function that returns void leaves in its column. */
  readonly voidResults: 'empty-string' | 'refused';
}

/** JSON arrays go bare into `formattedRecords` and inside a typed member into `records`. */
export interface EncodeOptions extends ResultSetOptions, ValueForms {
  readonly bareArrays: boolean;
}

const ARRAY_MEMBER: Readonly<Record<ValueKind, string>> = {
  long: 'longValues',
  double: 'doubleValues',
  real: 'doubleValues',
  decimal: 'stringValues',
  boolean: 'booleanValues',
  blob: 'stringValues',
  text: 'stringValues',
  void: 'stringValues',
  json: 'stringValues',
  date: 'stringValues',
  time: 'stringValues',
  timestamp: 'stringValues',
  timestamptz: 'stringValues',
};

/** An int64 has at most 18 digits for sure. */
const SURE_INT64 = /^-?\d{1,18}$/;

/**
 * The encoder for columns of a type.
 *
 * @throws DataApiError `UnsupportedResultException` if the Data API cannot return the type.
 */
export function createValueEncoder(type: PgType, options: EncodeOptions): ValueEncoder {
  if (type.element) return createArrayEncoder(type.element, options);
  const kind = valueKindOf(type);
  if (kind === undefined || (kind === 'void' && options.voidResults === 'refused')) throw unsupported(type);
  return type.name === 'bit' ? (text) => encodeBit(text, type) : SCALAR_ENCODERS[kind](options);
}

function unsupported(type: PgType): DataApiError {
  return new DataApiError(
    'UnsupportedResultException',
    `The result contains the unsupported data type ${unsupportedTypeName(type)}.`,
  );
}

const SCALAR_ENCODERS: Readonly<Record<ValueKind, (options: EncodeOptions) => ValueEncoder>> = {
  long: ({ longReturnType }) =>
    longReturnType === 'STRING' ? string : (text) => ({ member: 'longValue', json: text }),
  double: () => (text) => double(Number(text)),
  real:
    ({ float4Form }) =>
    (text) =>
      double(float4Form === 'widened' ? Math.fround(Number(text)) : Number(text)),
  decimal: ({ decimalReturnType }) => (decimalReturnType === 'STRING' ? string : doubleOrLong),
  boolean: () => (text) => ({ member: 'booleanValue', json: text === 't' ? 'true' : 'false' }),
  blob: () => (text) => ({
    member: 'blobValue',
    json: `"${Buffer.from(text.slice(2), 'hex').toString('base64')}"`,
  }),
  text: () => string,
  // PostgreSQL prints nothing for it.
  void: () => string,
  json: ({ jsonText }) => (jsonText === 'compact' ? (text) => string(compactJson(text)) : string),
  date: () => (text) => string(finite(text)),
  time: () => (text) => string(formatFraction(text)),
  timestamp: () => (text) => string(formatFraction(finite(text))),
  timestamptz: () => (text) => string(formatTimestamptz(finite(text))),
};

function string(text: string): EncodedValue {
  return { member: 'stringValue', json: JSON.stringify(text) };
}

function double(value: number): EncodedValue {
  return { member: 'doubleValue', json: doubleJson(value) };
}

/** `10.0` for a whole number, and the text that stands for what JSON has no number for. */
function doubleJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function doubleOrLong(text: string): EncodedValue {
  return SURE_INT64.test(text) ? { member: 'longValue', json: text } : double(Number(text));
}

/** A single bit is a boolean; the service documents nothing for more. */
function encodeBit(text: string, type: PgType): EncodedValue {
  if (text.length !== 1) throw unsupported(type);
  return { member: 'booleanValue', json: text === '1' ? 'true' : 'false' };
}

/** An infinite date or timestamp is an internal failure of the service, without a message. */
function finite(text: string): string {
  if (isInfinite(text)) throw new DataApiError('InternalFailure', '');
  return text;
}

function createArrayEncoder(element: PgType, options: EncodeOptions): ValueEncoder {
  const kind = valueKindOf(element);
  if (kind === undefined) throw unsupported({ ...element, element });
  const encodeElement = createElementEncoder(element, kind, options);
  return (text) => {
    const elements = parseArray(text);
    if (elements === 'multidimensional') {
      throw new DataApiError('UnsupportedResultException', 'The result contains a multidimensional array.');
    }
    const list = `[${elements.map((item) => (item === null ? 'null' : encodeElement(item))).join(',')}]`;
    return { member: 'arrayValue', json: options.bareArrays ? list : `{"${ARRAY_MEMBER[kind]}":${list}}` };
  };
}

/**
 * Elements have no return-type options, and those of a `bytea[]` have no member of their own, so that they keep
 * PostgreSQL's text.
 */
function createElementEncoder(element: PgType, kind: ValueKind, options: EncodeOptions): (text: string) => string {
  if (kind === 'blob') return (text) => JSON.stringify(text);
  const encode = createValueEncoder(element, { ...options, decimalReturnType: 'STRING', longReturnType: 'LONG' });
  return (text) => encode(text).json;
}

/** The elements of a one-dimensional array, `null` for NULL; or that it has more dimensions. */
export type ParsedArray = readonly (string | null)[] | 'multidimensional';

/** A quoted element, a bare one, or a nested array. */
const ELEMENT = /"((?:[^"\\]|\\.)*)"|([^",{}]+)|(\{)/gsu;

/**
 * Reads an array as PostgreSQL prints it: `{a,"b \" c",NULL}`, with its bounds in front where they are not the
 * usual ones, `[0:1]={a,b}`.
 */
export function parseArray(text: string): ParsedArray {
  const body = text.slice(text.indexOf('{') + 1, -1);
  const elements: (string | null)[] = [];
  for (const [, quoted, bare, nested] of body.matchAll(ELEMENT)) {
    if (nested !== undefined) return 'multidimensional';
    // Only a bare NULL is one; a quoted one is a word.
    if (bare === undefined) elements.push((quoted ?? '').replace(/\\(.)/gsu, '$1'));
    else elements.push(bare === 'NULL' ? null : bare);
  }
  return elements;
}

/** A string, kept as it is, or the whitespace between tokens. */
const STRING_OR_SPACE = /("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\n\r]+/gsu;

/** JSON without the whitespace between its tokens, which stay as they are: order of members, escapes, digits. */
function compactJson(text: string): string {
  return text.replace(STRING_OR_SPACE, '$1');
}
