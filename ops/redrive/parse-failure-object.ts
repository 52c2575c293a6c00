import { formatPlace } from '../../contract/put-back-place.ts';
import type { RecordToPut } from '../../kinesis/put-records.ts';

/** An on-failure object, read: the records of a batch that the mapping gave up. */
export interface FailureObject {
  readonly condition: string;
  readonly shardId: string;
  readonly records: readonly FailedRecord[];
}

/** A record with the place that it had, as far as the object says it. */
export interface FailedRecord extends RecordToPut {
  readonly place: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads an on-failure object: a document about the batch, whose `payload` is the whole invocation event as a string.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html}
 *
 * @param text content of the object
 * @param streamArn the stream the records must come from
 * @returns the object, or a sentence that says why it is refused
 */
export function parseFailureObject(text: string, streamArn: string): FailureObject | string {
  const document = parseJson(text);
  if (document === undefined) return 'expected an on-failure document, got no JSON object';
  const info = document['KinesisBatchInfo'] as Json | undefined;
  if (typeof info !== 'object') return 'expected `KinesisBatchInfo`, got a document of another event source';
  const from = info['streamArn'];
  if (typeof from !== 'string' || !isOfStream(from, streamArn)) {
    return `expected records of ${streamArn}, got records of ${String(from)}; redrive them with the stack that reads that stream`;
  }
  const records = readPayload(document['payload']);
  if (typeof records === 'string') return records;
  const { condition } = (document['requestContext'] ?? {}) as { readonly condition?: string };
  const { shardId } = info as { readonly shardId?: string };
  return { condition: condition ?? 'unknown', shardId: shardId ?? 'unknown', records };
}

function readPayload(payload: unknown): readonly FailedRecord[] | string {
  if (typeof payload === 'string') return readRecords(payload);
  return payload === undefined
    ? 'expected `payload`, got only metadata, as sent to queues and topics; read these records from the stream again'
    : `expected \`payload\` as a JSON string, got ${typeof payload}`;
}

/** With enhanced fan-out the ARN is that of the consumer, which begins with the stream's. */
function isOfStream(arn: string, streamArn: string): boolean {
  return arn === streamArn || arn.startsWith(`${streamArn}/consumer/`);
}

function readRecords(payload: string): readonly FailedRecord[] | string {
  const records = parseJson(payload)?.['Records'];
  if (!Array.isArray(records)) return 'expected `payload` to be an invocation event with `Records`, got none';
  const read = records.map(readRecord);
  const wrong = read.indexOf(undefined);
  return wrong < 0
    ? (read as readonly FailedRecord[])
    : `expected every record to have \`kinesis.partitionKey\` and \`kinesis.data\`, got one at ${wrong} that has not`;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function readRecord(record: unknown): FailedRecord | undefined {
  const { kinesis = {}, eventID } = (record ?? {}) as { readonly kinesis?: Json; readonly eventID?: unknown };
  const { partitionKey, data } = kinesis;
  if (typeof partitionKey !== 'string' || typeof data !== 'string' || !BASE64.test(data)) return undefined;
  return { partitionKey, data: Buffer.from(data, 'base64'), place: placeOf(eventID, kinesis) };
}

function placeOf(eventId: unknown, { sequenceNumber, approximateArrivalTimestamp: seconds }: Json): string | undefined {
  if (typeof eventId !== 'string' || typeof sequenceNumber !== 'string' || typeof seconds !== 'number')
    return undefined;
  const [shardId = ''] = eventId.split(':');
  const arrivedAtMs = Math.round(seconds * 1000);
  return formatPlace({ shardId, sequenceNumber, subRecord: null, document: null, piece: 0, arrivedAtMs });
}

function parseJson(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}
