import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isStorableText } from '../tables/storable-text.ts';
import { describeValue, hearLateRejections, isPromiseLike } from '../user-values.ts';
import type { Decoder } from './decoders.ts';
import { adviseText } from './describe-bytes.ts';
import { describeIssues } from './describe-issues.ts';
import type { DecodedItem, Origin, Rejection } from './item.ts';
import { errorText, placeOf, reject } from './item.ts';
import { parseJson } from './parse-json.ts';
import type { EventRecord } from './place.ts';
import { eventRecord } from './place.ts';

/** What decoding needs to know of a projection. */
export interface Decoding {
  /**
   * How bytes become documents.
   *
   * @defaultValue one JSON document per record
   */
  readonly decode?: Decoder;
  readonly schema: StandardSchemaV1;
  readonly eventId: (event: unknown, record: EventRecord) => unknown;
}

/** An id is a key of two indexes, whose entries PostgreSQL bounds at about 2,700 bytes. */
const MAX_EVENT_ID_BYTES = 1024;

const MAX_UTF8_BYTES_PER_UNIT = 3;

/** Passed to an `eventId` without a parameter for the record: making the record takes a tenth of an event's time. */
const NO_RECORD = undefined as unknown as EventRecord;

/** An event or rejection, at once where the schema is synchronous. */
export type Decoded = DecodedItem | Promise<DecodedItem>;

/** Some producers write it in front of the text, although JSON allows none. */
const BYTE_ORDER_MARK = 0xfeff;

/** The event or rejection that a JSON text becomes. */
export function decodeJson(origin: Origin, text: string, decoding: Decoding): Decoded {
  let json: unknown;
  try {
    json = parseJson(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text);
  } catch (error) {
    return reject(origin, 'not-json', [errorText(error), adviseText(text)].filter(Boolean).join('; '));
  }
  return decodeDocument(origin, json, decoding);
}

/** The event or rejection that a document becomes. */
export function decodeDocument(origin: Origin, json: unknown, decoding: Decoding): Decoded {
  try {
    const answer = decoding.schema['~standard'].validate(json) as SchemaAnswer;
    if (!isPromiseLike(answer)) return judge(origin, answer, decoding) ?? rejectIssues(origin, answer, json);
    return Promise.resolve(answer)
      .then((result) => judge(origin, result, decoding) ?? rejectIssues(origin, result, json))
      .catch((error: unknown) => rejectThrown(origin, error));
  } catch (error) {
    return rejectThrown(origin, error);
  }
}

/** What a schema returns; a broken one may return nothing. */
type SchemaResult = StandardSchemaV1.Result<unknown> | undefined;
type SchemaAnswer = SchemaResult | PromiseLike<SchemaResult>;

/** The event or rejection that a valid result becomes. */
function judge(origin: Origin, result: SchemaResult, decoding: Decoding): DecodedItem | undefined {
  return result === undefined || result.issues !== undefined ? undefined : identify(origin, result.value, decoding);
}

function rejectIssues(origin: Origin, result: SchemaResult, json: unknown): Rejection {
  const issues = result?.issues;
  return reject(origin, 'schema', issues === undefined ? 'the schema returned nothing' : describeIssues(issues, json));
}

function rejectThrown(origin: Origin, error: unknown): Rejection {
  return reject(origin, 'schema', `the schema threw ${errorText(error)}`);
}

function identify(origin: Origin, event: unknown, decoding: Decoding): DecodedItem {
  let eventId: unknown;
  try {
    eventId =
      decoding.eventId.length > 1
        ? decoding.eventId(event, eventRecord(placeOf(origin), origin.partitionKey))
        : decoding.eventId(event, NO_RECORD);
  } catch (error) {
    return unidentified(origin, event, `eventId threw ${errorText(error)}`);
  }
  if (isEventId(eventId)) return { kind: 'event', origin, eventId, event };
  hearLateRejections(eventId);
  return unidentified(
    origin,
    event,
    `expected 1 to ${MAX_EVENT_ID_BYTES} bytes of storable text, got ${describeValue(eventId)}${idAdvice(eventId)}`,
  );
}

/** An event without an id is rejected later, unless the projection skips it. */
function unidentified(origin: Origin, event: unknown, detail: string): DecodedItem {
  return { kind: 'event', origin, eventId: '', event, unidentified: reject(origin, 'event-id', detail) };
}

function isEventId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && isStorableText(value) && isShort(value);
}

function isShort(text: string): boolean {
  const maxBytes = MAX_EVENT_ID_BYTES;
  return text.length * MAX_UTF8_BYTES_PER_UNIT <= maxBytes || Buffer.byteLength(text) <= maxBytes;
}

function idAdvice(value: unknown): string {
  if (isPromiseLike(value)) return '; `eventId` must not be async';
  return typeof value === 'number' || typeof value === 'bigint' ? '; write `String(id)`' : '';
}
