import { describeValue, hearLateRejections, isPromiseLike } from '../user-values.ts';
import type { RejectionReason } from './item.ts';
import { errorText } from './item.ts';
import { parseJson } from './parse-json.ts';
import type { EventRecord } from './place.ts';
import { decodeText } from './read-texts.ts';
import { isList, splitLines, splitList } from './split-json.ts';

/** One document among others: its own JSON, or a value that is decoded, with the bytes that would decode to it alone. */
type Document =
  | { readonly json: Buffer; readonly payload: Buffer }
  | { readonly value: unknown; readonly payload: (() => Buffer) | undefined };

/** What a payload holds: documents, nothing of use, or something that can't be decoded. */
export type Documents =
  | { readonly kind: 'documents'; readonly documents: readonly Document[] }
  | { readonly kind: 'nothing'; readonly reason: string }
  | { readonly kind: 'problem'; readonly reason: RejectionReason; readonly detail: string };

/** Says how the bytes of a record become documents, which the schema then sees one by one. */
export interface Decoder {
  /** Name of the function that made it. */
  readonly name: string;
  /** Whether bytes that look compressed and are not may be something else. */
  readonly takesAnyBytes: boolean;
  /** Takes a decompressed payload apart; left out where it is one document of JSON. */
  readonly split?: (bytes: Buffer, record: EventRecord) => Documents;
}

/** Documents that one record may hold. */
export const MAX_DOCUMENTS = 100_000;

/** Reason for skipping a record that decodes to no document at all. */
const NO_DOCUMENTS = 'no-documents';

/** One JSON document per record: the default. */
export function json(): Decoder {
  return JSON_DECODER;
}

const JSON_DECODER: Decoder = { name: 'json', takesAnyBytes: false };

/** A JSON document per line, as Fluent Bit and Firehose have them. Objects may also follow each other without a line end. */
export function ndjson(): Decoder {
  return {
    name: 'ndjson',
    takesAnyBytes: false,
    split: (bytes) => documentsOf([...splitLines(bytes)], (line) => line),
  };
}

/** A JSON list of documents; a document that stands by itself is taken as well. */
export function jsonArray(): Decoder {
  return {
    name: 'jsonArray',
    takesAnyBytes: false,
    split: (bytes) => {
      const elements = splitList(bytes);
      return 'problem' in elements
        ? { kind: 'problem', reason: 'not-json', detail: elements.problem }
        : documentsOf(elements, inList);
    },
  };
}

/** An element that is a list itself would be taken for the list when it is decoded alone. */
function inList(element: Buffer): Buffer {
  return isList(element) ? Buffer.concat([Buffer.from('['), element, Buffer.from(']')]) : element;
}

function documentsOf(texts: readonly Buffer[], payloadOf: (text: Buffer) => Buffer): Documents {
  return texts.length === 0
    ? { kind: 'nothing', reason: NO_DOCUMENTS }
    : { kind: 'documents', documents: texts.map((text) => ({ json: text, payload: payloadOf(text) })) };
}

/** A log event as {@link cloudWatchLogs} gives it to the schema: with the group and stream that it is from. */
export interface CloudWatchLogEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
  readonly extractedFields?: Readonly<Record<string, string>>;
  readonly owner: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly subscriptionFilters: readonly string[];
}

/**
 * The log events of a CloudWatch Logs subscription, each a {@link CloudWatchLogEvent}. Control messages, which only test
 * that the stream can be reached, are skipped as `control-message`.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html}
 */
export function cloudWatchLogs(): Decoder {
  return { name: 'cloudWatchLogs', takesAnyBytes: false, split: splitLogEvents };
}

const NO_LOGS = 'expected a message of a CloudWatch Logs subscription with `messageType` and `logEvents`, got ';

function splitLogEvents(bytes: Buffer): Documents {
  const text = decodeText(bytes);
  if (text === undefined) return problem('not-utf8', 'expected JSON in UTF-8, got other bytes');
  let message: unknown;
  try {
    message = parseJson(text);
  } catch (error) {
    return problem('not-json', errorText(error));
  }
  if (typeof message !== 'object' || message === null) return problem('not-decoded', NO_LOGS + describeValue(message));
  const { messageType, logEvents, ...group } = message as Readonly<Record<string, unknown>>;
  if (messageType === 'CONTROL_MESSAGE') return { kind: 'nothing', reason: 'control-message' };
  if (messageType !== 'DATA_MESSAGE' || !Array.isArray(logEvents)) {
    return problem('not-decoded', `${NO_LOGS}\`messageType\` ${describeValue(messageType)}`);
  }
  if (logEvents.length === 0) return { kind: 'nothing', reason: NO_DOCUMENTS };
  const documents = logEvents.map((logEvent: unknown): Document => {
    const isObject = typeof logEvent === 'object' && logEvent !== null;
    return {
      value: isObject ? { ...group, ...logEvent } : logEvent,
      payload: () => Buffer.from(jsonText({ messageType, ...group, logEvents: [logEvent] })),
    };
  });
  return { kind: 'documents', documents };
}

/** Node.js has had it since version 21; the types of ES2024 do not know it. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** JSON of a parsed value, with every digit of its numbers. */
function jsonText(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'bigint' ? rawJSON(member.toString()) : member,
  );
}

/**
 * Any other format: a function that makes documents of a record's bytes. It gets them decompressed where they are gzip, zlib or
 * zstd. An error it throws rejects the record, and an empty list skips it.
 *
 * A document that is rejected among others goes to the quarantine with the bytes of the whole record, since only the
 * function knows where it begins.
 *
 * @param decode one document, or a list of documents, which may be a generator's; must not be async
 */
export function custom(decode: (bytes: Buffer, record: EventRecord) => unknown): Decoder {
  return {
    name: 'custom',
    takesAnyBytes: true,
    split: (bytes, record) => {
      let documents: unknown;
      try {
        documents = listOf(decode(bytes, record));
      } catch (error) {
        return problem('not-decoded', `decode threw ${errorText(error)}`);
      }
      return readDocuments(documents);
    },
  };
}

/** The documents of a generator, which is read no further than to where they are too many. */
function listOf(answer: unknown): unknown {
  if (!isIterator(answer)) return answer;
  const documents: unknown[] = [];
  for (const document of answer) if (documents.push(document) > MAX_DOCUMENTS) break;
  return documents;
}

function isIterator(answer: unknown): answer is Iterable<unknown> {
  if (typeof answer !== 'object' || answer === null) return false;
  return answer instanceof Set || (Symbol.iterator in answer && 'next' in answer);
}

function isAsync(answer: unknown): boolean {
  if (isPromiseLike(answer)) return true;
  try {
    return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
  } catch {
    // A proxy; reading the document will fail in its place.
    return false;
  }
}

function readDocuments(answer: unknown): Documents {
  const documents: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  if (documents.length === 0) return { kind: 'nothing', reason: NO_DOCUMENTS };
  const wrong = documents.findIndex((document) => document === undefined || isAsync(document));
  if (wrong < 0) return { kind: 'documents', documents: documents.map((value) => ({ value, payload: undefined })) };
  hearLateRejections(answer);
  const advice = isAsync(documents[wrong]) ? '; `decode` must not be async' : '';
  const got = describeValue(documents[wrong]) + (Array.isArray(answer) ? ` at ${wrong} of a list` : '');
  return problem('not-decoded', `\`decode\` must return a document or a list of them, got ${got}${advice}`);
}

function problem(reason: RejectionReason, detail: string): Documents {
  return { kind: 'problem', reason, detail };
}
