import type { _Record as StreamRecord } from '@aws-sdk/client-kinesis';
import type { AuditedItem } from '../../contract/audited-item.ts';
import type { ShardPage } from '../../kinesis/read-shard.ts';
import type { ConsumerPosition } from './consumer-positions.ts';
import type { FoundEvent, Place, Tally } from './tally.ts';

/** A record as the audit takes it. */
export interface AuditedRecord {
  readonly eventID: string;
  readonly kinesis: {
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    readonly data: string;
    readonly approximateArrivalTimestamp: number;
  };
}

/** Asks what became of records of one shard; undefined for records at which the projection's code ends its process. */
export type AskAudit = (
  records: readonly AuditedRecord[],
  compared: readonly boolean[],
) => Promise<readonly AuditedItem[] | undefined>;

/** One shard, and how far its consumer has come. */
export interface VerifiedShard {
  readonly shardId: string;
  readonly position: ConsumerPosition;
}

/** What a verification works with. */
export interface VerifyOptions {
  readonly audit: AskAudit;
  readonly read: (shard: VerifiedShard) => AsyncIterable<ShardPage>;
  /** Whether the mapping's filters let a record through. */
  readonly passesFilters: (record: AuditedRecord) => boolean;
  /** Milliseconds since 1970: what arrived before was never for the mapping; undefined where it began with the oldest record. */
  readonly startMs: number | undefined;
  /** Whether records beyond the position of the consumer are looked at, too. */
  readonly goesBeyond: boolean;
  /** Rows of one record in so many are compared. */
  readonly every: number;
  readonly tally: Tally;
  /** Hears how far a shard was read: when its newest record arrived, in milliseconds since 1970. */
  readonly onRead: (shardId: string, arrivedAtMs: number) => void;
}

/** An event that is nowhere although the consumer is past it, with its record: it is looked for once more. */
export interface Suspect {
  readonly event: FoundEvent;
  readonly record: AuditedRecord;
  readonly item: AuditedItem;
}

/** Records of one question. */
const MAX_RECORDS = 1_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** Suspects of a shard that are looked for once more; what else is nowhere is missing. */
const MAX_SUSPECTS = 20_000;

/**
 * Reads a shard and counts where its events are.
 *
 * @returns events that are in no place
 */
export async function verifyShard(shard: VerifiedShard, options: VerifyOptions): Promise<readonly Suspect[]> {
  const suspects: Suspect[] = [];
  let read = 0;
  for await (const { records } of options.read(shard)) {
    const reached = options.goesBeyond ? records : records.filter((record) => isCommitted(record, shard.position));
    for (const part of partsOf(reached.map((record) => toAudited(shard.shardId, record)))) {
      const compared = part.map((_, index) => (read + index) % options.every === 0);
      read += part.length;
      options.tally.read(part.length);
      const found = await settle({ shard, part, compared }, options);
      const room = MAX_SUSPECTS - suspects.length;
      suspects.push(...found.slice(0, room));
      for (const { event, item } of found.slice(room)) options.tally.add(event, 'missing', { item, isCompared: false });
    }
    const last = records.at(-1)?.ApproximateArrivalTimestamp;
    if (last !== undefined) options.onRead(shard.shardId, last.getTime());
    if (reached.length < records.length) break;
  }
  return suspects;
}

interface Part {
  readonly shard: VerifiedShard;
  readonly part: readonly AuditedRecord[];
  readonly compared: readonly boolean[];
}

/** A record that ends the projection's process is found by halving, as the processor does. */
async function settle({ shard, part, compared }: Part, options: VerifyOptions): Promise<readonly Suspect[]> {
  const items = await options.audit(part, compared);
  if (items !== undefined) return items.flatMap((item) => settleItem(item, { shard, part, compared }, options) ?? []);
  const [record] = part;
  if (part.length === 1 && record !== undefined) {
    const item: AuditedItem = { ...NO_ITEM, reason: 'it crashes the code' };
    options.tally.add(toEvent(shard.shardId, record, item), 'unknown', { item, isCompared: false });
    return [];
  }
  const half = Math.ceil(part.length / 2);
  const halves = [
    { shard, part: part.slice(0, half), compared: compared.slice(0, half) },
    { shard, part: part.slice(half), compared: compared.slice(half) },
  ];
  const suspects: Suspect[] = [];
  for (const one of halves) suspects.push(...(await settle(one, options)));
  return suspects;
}

const NO_ITEM: Omit<AuditedItem, 'reason'> = {
  recordIndex: 0,
  subSequenceNumber: 0,
  eventId: null,
  fate: 'nowhere',
  faults: [],
};

function settleItem(item: AuditedItem, { shard, part, compared }: Part, options: VerifyOptions): Suspect | undefined {
  const record = part[item.recordIndex];
  if (record === undefined) throw new RangeError(`the audit tells of record ${item.recordIndex} of ${part.length}`);
  const event = toEvent(shard.shardId, record, item);
  const place = item.fate === 'nowhere' ? whyNowhere(record, shard.position, options) : item.fate;
  if (place === undefined) return { event, record, item };
  options.tally.add(event, place, { item, isCompared: compared[item.recordIndex] === true });
  return undefined;
}

/**
 * Says why an event may be in no place.
 *
 * @returns undefined where it should have one
 */
function whyNowhere(
  { kinesis, ...record }: AuditedRecord,
  { committed, heldFrom }: ConsumerPosition,
  { startMs, passesFilters }: VerifyOptions,
): Place | undefined {
  const sequenceNumber = BigInt(kinesis.sequenceNumber);
  if (startMs !== undefined && 1000 * kinesis.approximateArrivalTimestamp < startMs) return 'before-start';
  if (!passesFilters({ ...record, kinesis })) return 'filtered';
  const isReached = committed !== undefined && sequenceNumber <= committed.sequenceNumber;
  const isHeld = heldFrom !== undefined && sequenceNumber >= heldFrom;
  return isReached && !isHeld ? undefined : 'not-reached';
}

function isCommitted({ SequenceNumber: number = '0' }: StreamRecord, { committed }: ConsumerPosition): boolean {
  return committed !== undefined && BigInt(number) <= committed.sequenceNumber;
}

function* partsOf(records: readonly AuditedRecord[]): Generator<readonly AuditedRecord[]> {
  let [part, bytes]: [AuditedRecord[], number] = [[], 0];
  for (const record of records) {
    const size = record.kinesis.data.length;
    if (part.length > 0 && (part.length >= MAX_RECORDS || bytes + size > MAX_BYTES)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

function toAudited(shardId: string, record: StreamRecord): AuditedRecord {
  const { SequenceNumber = '', PartitionKey = '', Data = new Uint8Array(), ApproximateArrivalTimestamp: at } = record;
  return {
    eventID: `${shardId}:${SequenceNumber}`,
    kinesis: {
      sequenceNumber: SequenceNumber,
      partitionKey: PartitionKey,
      data: Buffer.from(Data).toString('base64'),
      approximateArrivalTimestamp: (at?.getTime() ?? 0) / 1000,
    },
  };
}

function toEvent(shardId: string, { kinesis }: AuditedRecord, item: AuditedItem): FoundEvent {
  return {
    shardId,
    sequenceNumber: kinesis.sequenceNumber,
    subSequenceNumber: item.subSequenceNumber,
    partitionKey: kinesis.partitionKey,
    arrivedAt: new Date(1000 * kinesis.approximateArrivalTimestamp).toISOString(),
    eventId: item.eventId,
    reason: item.reason,
  };
}
