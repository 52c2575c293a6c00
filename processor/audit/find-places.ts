import type { AuditedItem, Fate } from '../../contract/audited-item.ts';
import type { Execute } from '../../data-api/execute.ts';
import type { EncodedItem } from '../project/project-items.ts';
import { WRITE_PARAMETERS } from '../write-parameter-names.ts';
import { AUDITED_ITEMS } from './compile-audit.ts';

/** What the question is asked with. */
export interface FindOptions {
  readonly execute: Execute;
  readonly functionName: string;
  /** Of `compileFates`. */
  readonly fatesSql: string;
}

/** What the framework's tables say of an item. */
export interface FoundPlace {
  readonly isInLedger: boolean;
  readonly entry: Entry | undefined;
  readonly isOpenElsewhere: boolean;
}

interface Entry {
  readonly reason: string;
  readonly isApplied: boolean;
  readonly isPutBack: boolean;
  readonly waits: boolean;
  readonly eventId: string | null;
}

const NO_PLACE: FoundPlace = { isInLedger: false, entry: undefined, isOpenElsewhere: false };

/**
 * Asks where the items of a chunk are.
 *
 * @returns in their order
 */
export async function findPlaces(
  chunk: readonly EncodedItem[],
  { execute, functionName, fatesSql }: FindOptions,
): Promise<readonly FoundPlace[]> {
  const asked = chunk.map((item) => {
    const { shardId, sequenceNumber, subSequenceNumber } = item.origin;
    return [eventIdOf(item), shardId, sequenceNumber, subSequenceNumber];
  });
  const { rows } = await execute(fatesSql, {
    [WRITE_PARAMETERS.functionName]: functionName,
    [AUDITED_ITEMS]: JSON.stringify(asked),
  });
  return rows.map(([inLedger, entry, openElsewhere]) => ({
    isInLedger: inLedger?.booleanValue === true,
    entry: entry?.stringValue === undefined ? undefined : readEntry(entry.stringValue),
    isOpenElsewhere: openElsewhere?.booleanValue === true,
  }));
}

function readEntry(json: string): Entry {
  const [, reason, isApplied, isPutBack, waits, eventId] = JSON.parse(json) as [
    string,
    string,
    boolean,
    boolean,
    boolean,
    string | null,
  ];
  return { reason, isApplied, isPutBack, waits, eventId };
}

function eventIdOf(item: EncodedItem): string | null {
  if (item.kind === 'event') return item.eventId;
  return item.kind === 'rejection' ? (item.rejection.eventId ?? null) : null;
}

/** What became of an item: the ledger comes before the quarantine, and both before what this code would make of it. */
export function judge(item: EncodedItem, place: FoundPlace = NO_PLACE): AuditedItem {
  const { recordIndex, subSequenceNumber } = item.origin;
  const { entry, isOpenElsewhere } = place;
  const common = { recordIndex, subSequenceNumber, eventId: eventIdOf(item) ?? entry?.eventId ?? null };
  if (isInEffect(place)) {
    const faults = isOpenElsewhere ? [{ kind: 'also-quarantined' } as const] : [];
    return { ...common, fate: 'in-effect', reason: null, faults };
  }
  const isOpen = entry !== undefined && !entry.isApplied;
  return {
    ...common,
    faults: [],
    ...(isOpen ? { fate: fateOf(entry), reason: entry.reason } : fateWithoutTrace(item)),
  };
}

/** An entry without an event id was closed by its payload: there is nothing else to find it by. */
function isInEffect({ isInLedger, entry }: FoundPlace): boolean {
  return isInLedger || (entry?.isApplied === true && entry.eventId === null);
}

/** What is skipped leaves nothing behind: only the code can tell. */
function fateWithoutTrace(item: EncodedItem): Pick<AuditedItem, 'fate' | 'reason'> {
  if (item.kind === 'skip') return { fate: 'skipped', reason: item.reason };
  return { fate: 'nowhere', reason: item.kind === 'rejection' ? item.rejection.reason : null };
}

function fateOf({ isPutBack, waits }: Entry): Fate {
  if (isPutBack) return 'put-back';
  return waits ? 'waiting' : 'quarantined';
}
