import { describeValue } from '../user-values.ts';
import type { KinesisRecord } from './item.ts';

/** A record as test suites and replay tools may give it, with members left out. */
type IncompleteRecord = Partial<Omit<KinesisRecord, 'kinesis'>> & {
  readonly kinesis?: Partial<KinesisRecord['kinesis']> | null;
};

/** Value of a missing member that Kinesis always gives and that nothing depends on. */
const UNKNOWN = 'unknown';

const DIGITS = /^\d+$/;
/** What people write into event files where the bytes in base64 belong; no base64 begins like this. */
const BARE_JSON = /^\s*[{["]/;

/**
 * Checks the records of an invocation and fills in what they may lack. A record without an arrival time arrived now; a
 * shard or partition key that is missing is `unknown`. Data and sequence number can't be made up.
 *
 * @param records of the invocation, whatever they are
 * @param receivedAtMs milliseconds since 1970: the time of the invocation
 * @returns the same records where nothing is missing
 * @throws TypeError naming the first member that can't be missing: an invocation without it is none of an event source
 *   mapping, and nothing of it has been sent to the database
 */
export function completeRecords(records: unknown, receivedAtMs: number): readonly KinesisRecord[] {
  if (!Array.isArray(records)) {
    throw new TypeError(
      `expected the event of a Kinesis event source mapping, got one whose \`Records\` is ${describeValue(records)}`,
    );
  }
  const given = records as readonly IncompleteRecord[];
  return given.every(isComplete)
    ? given
    : given.map((record: IncompleteRecord | null, index) => complete(record ?? {}, { index, receivedAtMs }));
}

function isComplete(record: IncompleteRecord | null): record is KinesisRecord {
  const kinesis = record?.kinesis;
  return (
    typeof record?.eventID === 'string' &&
    typeof kinesis?.data === 'string' &&
    !BARE_JSON.test(kinesis.data) &&
    typeof kinesis.sequenceNumber === 'string' &&
    DIGITS.test(kinesis.sequenceNumber) &&
    typeof kinesis.partitionKey === 'string' &&
    arrivalMs(kinesis) !== undefined
  );
}

function complete(
  { eventID, kinesis: given, ...verdict }: IncompleteRecord,
  { index, receivedAtMs }: { readonly index: number; readonly receivedAtMs: number },
): KinesisRecord {
  const kinesis = given ?? {};
  const { data, sequenceNumber, partitionKey } = kinesis;
  if (typeof data !== 'string') throw missing(`[${index}].kinesis.data`, 'the bytes in base64', describeValue(data));
  // The message is logged, so it does not quote the data.
  if (BARE_JSON.test(data)) throw missing(`[${index}].kinesis.data`, 'the bytes in base64', 'JSON as it stands');
  if (typeof sequenceNumber !== 'string' || !DIGITS.test(sequenceNumber))
    throw missing(`[${index}].kinesis.sequenceNumber`, 'a string of digits', describeValue(sequenceNumber));
  return {
    ...verdict,
    eventID: typeof eventID === 'string' ? eventID : UNKNOWN,
    kinesis: {
      data,
      sequenceNumber,
      partitionKey: typeof partitionKey === 'string' ? partitionKey : UNKNOWN,
      approximateArrivalTimestamp: (arrivalMs(kinesis) ?? receivedAtMs) / 1000,
    },
  };
}

function missing(member: string, expected: string, got: string): TypeError {
  return new TypeError(`\`Records${member}\` must be ${expected}, got ${got}`);
}

/** Seconds of the year 5138: a time in milliseconds, taken for seconds, lies far beyond it. */
const MAX_ARRIVAL_SECONDS = 1e11;

/**
 * When a record arrived on the stream.
 *
 * @returns milliseconds since 1970; `undefined` where the record does not say so
 */
function arrivalMs({ approximateArrivalTimestamp: seconds }: Partial<KinesisRecord['kinesis']>): number | undefined {
  return typeof seconds === 'number' && seconds >= 0 && seconds < MAX_ARRIVAL_SECONDS
    ? Math.round(seconds * 1000)
    : undefined;
}
