import { DataApiError } from './data-api-error.ts';

/** A JSON object as it came, members unchecked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whole numbers with this many digits may exceed what a JavaScript number holds. */
const LONG_DIGITS = /"longValue"\s*:\s*-?\d{16}/;

type SourceReviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/**
 * Reads a request body. A `longValue` beyond 2^53 becomes a bigint with all its digits; an empty body is `{}`.
 *
 * @throws DataApiError `SerializationException` if it is no JSON object.
 */
export function parseRequestBody(body: string): JsonObject {
  if (body === '') return {};
  const parsed = parseJson(body);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as JsonObject;
  throw new DataApiError('SerializationException', 'Start of structure expected');
}

function parseJson(body: string): unknown {
  try {
    // A reviver is called for every value, so it is only used where it can matter.
    return LONG_DIGITS.test(body)
      ? JSON.parse(body, keepLongDigits as Parameters<typeof JSON.parse>[1])
      : JSON.parse(body);
  } catch (cause) {
    throw new DataApiError('SerializationException', `Unable to parse the request body: ${String(cause)}`);
  }
}

const keepLongDigits: SourceReviver = (key, value, context) => {
  const source = context?.source;
  return key === 'longValue' && source !== undefined && /^-?\d+$/.test(source) && !Number.isSafeInteger(value)
    ? BigInt(source)
    : value;
};
