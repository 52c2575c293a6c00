import type { FirstPlace } from '../../contract/put-back-place.ts';
import { parsePlace } from '../../contract/put-back-place.ts';
import type { Documents } from './decoders.ts';
import { MAX_DOCUMENTS } from './decoders.ts';
import type { SubRecord } from './de-aggregate.ts';
import { deAggregate } from './de-aggregate.ts';
import type { Decoded, Decoding } from './decode-event.ts';
import { decodeDocument, decodeJson } from './decode-event.ts';
import { decompress } from './decompress.ts';
import { describeBytes } from './describe-bytes.ts';
import type { Condemnation, DecodedItem, KinesisRecord, Origin, Rejection } from './item.ts';
import { arrivedAtMs, payloadBytes, placeOf, reject, shardOf, WHOLE_RECORD } from './item.ts';
import { eventRecord, MAX_DOCUMENTS_OF_SUB_RECORD, MAX_PIECES, subSequenceNumberOf } from './place.ts';
import { describeValue } from '../user-values.ts';
import { decodeText, readTexts } from './read-texts.ts';
import { skippedEvent } from './skip.ts';

/** Bounds of what one record may expand to: only hostile input reaches them. */
const LIMITS = { maxSubRecords: 100_000, maxDocuments: MAX_DOCUMENTS } as const;

/**
 * Decodes records to items in stream order: base64, KPL aggregate, compression, documents, schema, event id.
 *
 * Never throws for what a record holds: whatever is wrong with it becomes a {@link Rejection} in its place.
 */
export async function decodeRecords(records: readonly KinesisRecord[], decoding: Decoding): Promise<DecodedItem[]> {
  const texts = isText(decoding) ? readTexts(records.map(({ kinesis }) => kinesis.data)) : undefined;
  const shardId = shardOf(records);
  const items: DecodedItem[] = [];
  for (let recordIndex = 0; recordIndex < records.length; recordIndex += 1) {
    const record = records[recordIndex];
    if (record === undefined) continue;
    const decoded = decodeRecord(
      originOf(record, recordIndex, shardId),
      { record, text: texts?.[recordIndex] },
      decoding,
    );
    // Awaiting only what is a promise keeps the synchronous schemas, nearly all, on one straight path.
    if (Array.isArray(decoded)) for (const item of decoded) items.push(item instanceof Promise ? await item : item);
    else items.push(decoded instanceof Promise ? await decoded : decoded);
  }
  return items;
}

function decodeRecord(
  origin: Origin,
  { record, text }: { readonly record: KinesisRecord; readonly text: string | undefined },
  decoding: Decoding,
): Decoded | Decoded[] {
  if (record.condemned !== undefined) return setAsideWhole(origin, record.condemned, decoding);
  return mayBeJson(text) ? decodeJson(origin, text, decoding) : decodeWhole(origin, decoding);
}

/** Whether a payload is one JSON text, unless it is compressed or aggregated. */
function isText({ decode }: Decoding): boolean {
  return decode?.split === undefined;
}

/** Short zlib data can be valid UTF-8; its first byte is a letter that no JSON begins with. */
function mayBeJson(text: string | undefined): text is string {
  return text !== undefined && text.charCodeAt(0) !== 0x78;
}

function originOf(record: KinesisRecord, recordIndex: number, shardId: string): Origin {
  const { sequenceNumber, partitionKey, data } = record.kinesis;
  return {
    recordIndex,
    sequenceNumber,
    subSequenceNumber: 0,
    partitionKey,
    arrivedAtMs: arrivedAtMs(record),
    shardId,
    place: undefined,
    payload: data,
    part: 'all',
  };
}

/** A record that may hold several events is rejected whole, because it is not known which of them ends the process. */
function setAsideWhole(origin: Origin, { detail, eventId }: Condemnation, decoding: Decoding): Rejection {
  const isOne = isText(decoding) && deAggregate(payloadBytes(origin), LIMITS.maxSubRecords).kind !== 'aggregate';
  const whole = isOne ? origin : { ...origin, subSequenceNumber: WHOLE_RECORD };
  return { ...reject(whole, 'kills-function', detail), ...(eventId !== undefined && { eventId }) };
}

/** A record that is not one text, or may be none. */
function decodeWhole(origin: Origin, decoding: Decoding): Decoded | Decoded[] {
  const bytes = payloadBytes(origin);
  const aggregate = deAggregate(bytes, LIMITS.maxSubRecords);
  switch (aggregate.kind) {
    case 'plain':
      return decodeBytes(origin, bytes, decoding);
    case 'malformed':
      return reject(origin, 'aggregate-malformed', `the checksum holds but the body has ${aggregate.problem}`);
    case 'aggregate':
      return decodeAggregate(origin, aggregate.subRecords, decoding);
  }
}

/** Usually what a producer packed; a single record that says where it stood first was put back by a redrive. */
function decodeAggregate(whole: Origin, subRecords: readonly SubRecord[], decoding: Decoding): Decoded | Decoded[] {
  const [first] = subRecords;
  if (first?.place === undefined || subRecords.length > 1) return decodeSubRecords(whole, subRecords, decoding);
  const place = parsePlace(first.place);
  // A place that is still to come is refused: another event may get it, and no event would count as later.
  if (place === undefined || BigInt(place.sequenceNumber) >= BigInt(whole.sequenceNumber)) {
    const expected = 'expected the place of an earlier record in its tag';
    return reject(whole, 'aggregate-malformed', `${expected}, got ${describeValue(first.place)}`);
  }
  return decodePutBack({ ...whole, partitionKey: first.partitionKey, payload: first.data }, place, decoding);
}

function decodePutBack(delivered: Origin, first: FirstPlace, decoding: Decoding): Decoded | Decoded[] {
  const bytes = payloadBytes(delivered);
  const origin: Origin = {
    ...delivered,
    place: { ...first, document: first.document ?? 0 },
    part: first.document === null ? 'all' : 'own',
  };
  const aggregate = first.subRecord === null ? deAggregate(bytes, LIMITS.maxSubRecords) : undefined;
  return aggregate?.kind === 'aggregate'
    ? decodeSubRecords(origin, aggregate.subRecords, decoding)
    : decodeBytes(origin, bytes, decoding);
}

function decodeSubRecords(whole: Origin, subRecords: readonly SubRecord[], decoding: Decoding): Decoded[] {
  const texts = isText(decoding) ? readTexts(subRecords.map(({ data }) => data)) : undefined;
  return subRecords.flatMap(({ partitionKey, data }, subRecord) => {
    const place = { ...placeOf(whole), subRecord };
    const origin = { ...whole, subSequenceNumber: subSequenceNumberOf(place), partitionKey, place, payload: data };
    const text = texts?.[subRecord];
    return mayBeJson(text) ? decodeJson(origin, text, decoding) : decodeBytes(origin, data, decoding);
  });
}

function decodeBytes(origin: Origin, bytes: Buffer, decoding: Decoding): Decoded | Decoded[] {
  const decompressed = decompress(bytes);
  if (Buffer.isBuffer(decompressed)) return decodeDocuments(origin, decompressed, decoding);
  const { reason, detail } = decompressed;
  const mayBeOther = decoding.decode?.takesAnyBytes === true && reason.endsWith('-malformed');
  return mayBeOther ? decodeDocuments(origin, bytes, decoding) : reject(origin, reason, detail);
}

function decodeDocuments(origin: Origin, bytes: Buffer, decoding: Decoding): Decoded | Decoded[] {
  const { decode } = decoding;
  if (decode?.split === undefined) return decodeOne(origin, bytes, decoding);
  // The user's function gets a copy: whatever it does to the bytes must not change what is quarantined.
  const own = decode.takesAnyBytes ? Buffer.from(bytes) : bytes;
  const found = decode.split(own, eventRecord(placeOf(origin), origin.partitionKey));
  switch (found.kind) {
    case 'nothing':
      return skippedEvent(origin, found.reason);
    case 'problem':
      return reject(origin, found.reason, found.detail);
    case 'documents':
      return decodeEach(origin, found.documents, decoding);
  }
}

type Found = Extract<Documents, { readonly kind: 'documents' }>['documents'];

function decodeEach(whole: Origin, documents: Found, decoding: Decoding): Decoded[] | Rejection {
  const max = maxDocuments(whole);
  if (documents.length > max) {
    return reject(whole, 'too-large', `expected at most ${max} documents, got ${documents.length}`);
  }
  const texts = readTexts(documents.flatMap((document) => ('json' in document ? [document.json] : [])));
  return documents.map((document, index) => {
    const origin = documents.length === 1 ? whole : originOfDocument(whole, index, document);
    if (!('json' in document)) return decodeDocument(origin, document.value, decoding);
    const text = texts?.[index];
    return text === undefined ? decodeOne(origin, document.json, decoding) : decodeJson(origin, text, decoding);
  });
}

function maxDocuments(origin: Origin): number {
  const { subRecord, piece } = placeOf(origin);
  if (origin.part === 'own') return piece > 0 ? 1 : MAX_PIECES;
  return subRecord === null ? LIMITS.maxDocuments : MAX_DOCUMENTS_OF_SUB_RECORD;
}

function originOfDocument(whole: Origin, index: number, document: Found[number]): Origin {
  // What was one document when it was quarantined must not take the places of the documents after it.
  const place = { ...placeOf(whole), ...(whole.part === 'own' ? { piece: index } : { document: index }) };
  const { payload } = document;
  return {
    ...whole,
    place,
    subSequenceNumber: whole.part === 'own' ? index : subSequenceNumberOf(place),
    ...(payload === undefined ? { part: 'shared' } : { part: 'own', payload }),
  };
}

function decodeOne(origin: Origin, bytes: Buffer, decoding: Decoding): Decoded {
  const text = decodeText(bytes);
  return text === undefined
    ? reject(origin, 'not-utf8', `expected JSON in UTF-8, got ${describeBytes(bytes)}`)
    : decodeJson(origin, text, decoding);
}
