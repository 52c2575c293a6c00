import { compactJson } from './compact-json.ts';
import { DataApiError } from './data-api-error.ts';
import type { ResultSetOptions } from './data-api-request.ts';
import { formatFraction, formatTimestamptz, isInfinite } from './format-temporal.ts';
import { parseArray } from './parse-array.ts';
import { unsupportedTypeName, valueKindOf, type PgType, type ValueKind } from './pg-type.ts';

/** A value on its way out: the member of `Field` it goes into, and its JSON text. */
export interface EncodedValue {
  readonly member: 'longValue' | 'doubleValue' | 'booleanValue' | 'stringValue' | 'blobValue' | 'arrayValue';
  readonly json: string;
}

/** Turns a value as PostgreSQL prints it into the Data API's form. */
export type ValueEncoder = (text: string) => EncodedValue;

/** JSON arrays go bare into `formattedRecords` and inside a typed member into `records`. */
export interface EncodeOptions extends ResultSetOptions {
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
  if (kind === undefined) throw unsupported(type);
  return type.name === 'bit' ? (text) => encodeBit(text, type) : SCALAR_ENCODERS[kind](options);
}

function unsupported(type: PgType): DataApiError {
  return new DataApiError(
    'UnsupportedResultException',
    `The result contains the unsupported data type ${unsupportedTypeName(type)}.`,
  );
}

const SCALAR_ENCODERS: Readonly<Record<ValueKind, (options: ResultSetOptions) => ValueEncoder>> = {
  long: ({ longReturnType }) =>
    longReturnType === 'STRING' ? string : (text) => ({ member: 'longValue', json: text }),
  double: () => (text) => double(Number(text)),
  // A float4 is returned as the double it widens to.
  real: () => (text) => double(Math.fround(Number(text))),
  decimal: ({ decimalReturnType }) => (decimalReturnType === 'STRING' ? string : doubleOrLong),
  boolean: () => (text) => ({ member: 'booleanValue', json: text === 't' ? 'true' : 'false' }),
  blob: () => (text) => ({
    member: 'blobValue',
    json: `"${Buffer.from(text.slice(2), 'hex').toString('base64')}"`,
  }),
  text: () => string,
  // The service reads JSON and writes it anew.
  json: () => (text) => string(compactJson(text)),
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
  const encodeElement = createElementEncoder(element, kind);
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
 * Elements have no return-type options. The elements of a `real[]` are seen not to be widened, and those of a
 * `bytea[]` have no member of their own, so they keep PostgreSQL's text.
 */
function createElementEncoder(element: PgType, kind: ValueKind): (text: string) => string {
  if (kind === 'real') return (text) => doubleJson(Number(text));
  if (kind === 'blob') return (text) => JSON.stringify(text);
  const encode = createValueEncoder(element, {
    decimalReturnType: 'STRING',
    longReturnType: 'LONG',
    bareArrays: true,
  });
  return (text) => encode(text).json;
}
