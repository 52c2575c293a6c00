import { decodeRecords } from '../processor/decode/decode-records.ts';
import { cloudWatchLogs, json, jsonArray, ndjson, type Decoder } from '../processor/decode/decoders.ts';
import { decompress } from '../processor/decode/decompress.ts';
import { payloadBytes, type DecodedItem } from '../processor/decode/item.ts';
import { toKinesisRecord } from '../processor/test-record.ts';
import { isObject, type JsonObject } from './observe.ts';

/** The only decoder whose records another one reads as well: their messages are JSON. */
const LOGS = cloudWatchLogs();

/** Decoders that a projection may have without a line of its own code; the first that reads all records is taken. */
const DECODERS: readonly Decoder[] = [LOGS, json(), ndjson(), jsonArray()];

/** Name of a decoder, as a projection calls it. */
export type DecoderName = 'cloudWatchLogs' | 'json' | 'ndjson' | 'jsonArray';

/** An event of a sample. */
export interface SampleEvent {
  /** As it was parsed: integers beyond 2^53 are bigints. */
  readonly value: JsonObject;
  /** The record that holds it alone, as JSON on one line: its numbers have the digits that they have there. */
  readonly text: string;
}

/** What records hold. */
interface ReadRecords {
  readonly decoder: DecoderName;
  readonly events: readonly SampleEvent[];
  /** What is wrong with records, one sentence for each of them. */
  readonly problems: readonly string[];
}

/** Takes every object for an event; each has an id as far as the decoding is concerned. */
const ANY_OBJECT = {
  schema: {
    '~standard': {
      version: 1,
      vendor: 'sample',
      validate: (value: unknown) => (isObject(value) ? { value } : { issues: [{ message: 'expected a JSON object' }] }),
    },
  },
  eventId: () => 'any',
} as const;

/**
 * Reads records as they are on a stream, with the engine's own decoding: decompressed, taken out of aggregates, and with
 * the decoder that reads them all; where none does, with the one that reads most.
 *
 * @param records their bytes, in the order of the stream
 */
export async function readRecords(records: readonly Uint8Array[]): Promise<ReadRecords> {
  const delivered = records.map((data, index) => toKinesisRecord({ data }, index));
  let best: { readonly decode: Decoder; readonly items: readonly DecodedItem[]; readonly rejected: number } | undefined;
  for (const decode of DECODERS) {
    const items = await decodeRecords(delivered, { ...ANY_OBJECT, decode });
    const rejected = items.filter(({ kind }) => kind === 'rejection').length;
    const hasEvents = items.some(({ kind }) => kind === 'event');
    if (hasEvents && rejected === 0) {
      best = { decode, items, rejected };
      break;
    }
    if (decode !== LOGS && (best === undefined || rejected < best.rejected)) best = { decode, items, rejected };
  }
  const { decode = json(), items = [] } = best ?? {};
  return {
    decoder: decode.name as DecoderName,
    events: items.flatMap((item) => (item.kind === 'event' ? [readEvent(item)] : [])),
    problems: items.flatMap((item) =>
      item.kind === 'rejection' ? [`record ${item.origin.recordIndex + 1}: ${item.detail.replaceAll('\n', '; ')}`] : [],
    ),
  };
}

function readEvent({ event, origin }: Extract<DecodedItem, { readonly kind: 'event' }>): SampleEvent {
  const bytes = payloadBytes(origin);
  const decompressed = decompress(bytes);
  const text = (Buffer.isBuffer(decompressed) ? decompressed : bytes).toString();
  return { value: event as JsonObject, text: onOneLine(text) };
}

/** Takes out what stands between the parts of a JSON text. */
export function onOneLine(text: string): string {
  return text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+|\uFEFF/g, (_, inString: string | undefined) => inString ?? '');
}
