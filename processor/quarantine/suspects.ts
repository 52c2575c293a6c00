/**
 * What the notes that dead processes left behind say about the records of a batch.
 *
 * @module
 */
import type { Condemnation, KinesisRecord } from '../decode/item.ts';
import type { FoundNote, InFlightFindings, InFlightNote, SequenceRange } from '../ports.ts';

/** Records of a batch of which one or more may end the process. */
export interface Suspect {
  /** Index of the first of them. */
  readonly from: number;
  /** Index behind the last of them. */
  readonly to: number;
  /** Processes that died while they worked on them. */
  readonly crashes: number;
  readonly eventId: string | null;
}

/** A process died while it worked on these records. */
export interface CrashFinding extends SequenceRange {
  /** Records that may be to blame. */
  readonly records: number;
  /** Processes that died with them so far. */
  readonly crashes: number;
  /** Whether this is the record that ended them: it goes to the quarantine. */
  readonly isFound: boolean;
}

/** The batch as the notes show it. */
export interface Assessment {
  /** Records that must not run, by index. */
  readonly condemned: ReadonlyMap<number, Condemnation>;
  /** Notes that keep a verdict until its record is in the quarantine. */
  readonly verdicts: readonly InFlightNote[];
  /** Where to look next. */
  readonly suspect: Suspect | undefined;
  /** Every note about records of this batch, to be deleted. */
  readonly notes: readonly SequenceRange[];
  /** Deaths that were not counted before. */
  readonly crashes: readonly CrashFinding[];
}

/** One death, and even a second one, may have another cause: the machine, or the database. */
const CRASHES_FOR_A_VERDICT = 3;

/**
 * Reads the notes: which records must not run again, and where to look for the one that ended a process.
 *
 * A record is condemned when it was alone: three deaths, the last of them while the process worked on nothing else. Short of
 * that, other records may be to blame, by the memory that they hold or a promise that fails late.
 *
 * A note belongs to this batch if a record at either of its ends does. A batch of another lane has none of them, even
 * where its range overlaps; a half of a batch that was cut in two has one.
 *
 * @param records the batch
 * @param findings what was noted about it
 */
export function assess(records: readonly KinesisRecord[], { notes, quarantined }: InFlightFindings): Assessment {
  const places = new Map(records.map(({ kinesis }, index) => [kinesis.sequenceNumber, index]));
  const own = notes.filter(({ first, last, state }) => state !== 'at-work' && (places.has(first) || places.has(last)));
  const settled = own.filter(({ state }) => state !== 'own').map(settle);
  const verdicts = settled.filter(({ verdict }) => verdict !== null);
  const condemned = new Map<number, Condemnation>();
  for (const { first, verdict, eventId } of [...quarantined.map(inQuarantine), ...verdicts]) {
    const index = places.get(first);
    if (index !== undefined) condemned.set(index, { detail: verdict ?? '', ...(eventId !== null && { eventId }) });
  }
  const suspects = settled.filter(({ verdict }) => verdict === null).map((note) => toSuspect(note, records));
  return {
    condemned,
    verdicts,
    suspect: narrowest(suspects),
    notes: own,
    crashes: own.filter(({ state }) => state === 'died').map((note) => toFinding(settle(note), records)),
  };
}

/** Counts a death, and gives the verdict if it was the last one needed. */
function settle(note: FoundNote): InFlightNote {
  const crashes = note.crashes + (note.state === 'died' ? 1 : 0);
  const isProven = note.alone && crashes >= CRASHES_FOR_A_VERDICT;
  const verdict = note.verdict ?? (isProven ? verdictOf(crashes, note.eventId) : null);
  return { ...note, crashes, verdict, state: 'suspect' };
}

function verdictOf(crashes: number, eventId: string | null): string {
  const stage = eventId === null ? 'before it was decoded' : 'after it was decoded';
  return (
    `${crashes} processes died while they worked on this record, the last one while it worked on nothing else, ${stage}: ` +
    'it runs out of memory, loops forever, leaves a rejected promise unhandled, or exits the process itself'
  );
}

function inQuarantine(sequenceNumber: string): Pick<InFlightNote, 'first' | 'verdict' | 'eventId'> {
  return { first: sequenceNumber, verdict: 'in the quarantine already', eventId: null };
}

function toSuspect({ first, last, crashes, eventId }: InFlightNote, records: readonly KinesisRecord[]): Suspect {
  const [from, to] = [BigInt(first), BigInt(last)];
  return {
    from: records.findIndex(({ kinesis }) => BigInt(kinesis.sequenceNumber) >= from),
    to: records.findLastIndex(({ kinesis }) => BigInt(kinesis.sequenceNumber) <= to) + 1,
    crashes,
    eventId,
  };
}

function toFinding(note: InFlightNote, records: readonly KinesisRecord[]): CrashFinding {
  const { first, last, crashes, verdict } = note;
  const { from, to } = toSuspect(note, records);
  return { first, last, records: to - from, crashes, isFound: verdict !== null };
}

/** Where several ranges are known, the smallest says most; of equal ones the first in the stream comes first. */
function narrowest(suspects: readonly Suspect[]): Suspect | undefined {
  return suspects.toSorted((a, b) => a.to - a.from - (b.to - b.from) || a.from - b.from)[0];
}

/** The stretch of its shard that a batch covers. */
export function rangeOf(records: readonly KinesisRecord[]): SequenceRange {
  const [first, last] = [records[0], records.at(-1)].map((record) => record?.kinesis.sequenceNumber ?? '');
  return { first: first ?? '', last: last ?? '' };
}
