import type { AuditedItem, AuditFault, Fate } from '../../contract/audited-item.ts';

/** Where the events of a stream are, each in one place. */
export type Place =
  | Exclude<Fate, 'nowhere'>
  /** Beyond what the consumer had committed when the command began. */
  | 'not-reached'
  /** In an on-failure object. */
  | 'bucket'
  /** The mapping's filters leave the record out. */
  | 'filtered'
  /** From before the mapping's starting position. */
  | 'before-start'
  /** The projection's code ended its process on the record, so nobody knows its events. */
  | 'unknown'
  /** Passed by the consumer, and in no place. */
  | 'missing';

/** An event, and the record that it came in. */
export interface FoundEvent {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly partitionKey: string;
  /** ISO 8601 in UTC. */
  readonly arrivedAt: string;
  readonly eventId: string | null;
  readonly reason: string | null;
}

/** Something that contradicts the promise: an event that is nowhere, or rows that do not fit an event. */
export interface Finding extends FoundEvent {
  readonly kind: 'missing' | 'unknown' | AuditFault['kind'];
  /** Of a row. */
  readonly table: string | null;
}

/** What a verification has counted. */
export interface Counts {
  readonly records: number;
  readonly events: number;
  readonly places: Readonly<Record<Place, number>>;
  /** By reason. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly quarantined: Readonly<Record<string, number>>;
  /** Events whose rows were compared with the tables. */
  readonly compared: number;
  /** Events whose id came before in the stream; null once there are too many ids to tell. */
  readonly repeated: number | null;
  readonly findings: number;
}

/** Findings that are told; the others are counted. */
const MAX_FINDINGS = 20;

/** Ids that are remembered to tell repeats: some 100 MB of them. */
const MAX_IDS = 1_000_000;

const NO_PLACES: Readonly<Record<Place, number>> = {
  'in-effect': 0,
  skipped: 0,
  waiting: 0,
  quarantined: 0,
  'put-back': 0,
  'not-reached': 0,
  bucket: 0,
  filtered: 0,
  'before-start': 0,
  unknown: 0,
  missing: 0,
};

/** Counts events as they are found. */
export class Tally {
  readonly #places: Record<Place, number> = { ...NO_PLACES };
  readonly #skipped = new Map<string, number>();
  readonly #quarantined = new Map<string, number>();
  readonly #findings: Finding[] = [];
  readonly #repeats: FoundEvent[] = [];
  #ids: Set<string> | undefined = new Set();
  #records = 0;
  #compared = 0;
  #repeated = 0;
  #faults = 0;

  /** Counts records that were read. */
  read(records: number): void {
    this.#records += records;
  }

  /**
   * Counts an event in its place.
   *
   * @param item what the audit said of it
   * @param isCompared whether its rows were compared
   */
  add(
    event: FoundEvent,
    place: Place,
    { item, isCompared }: { readonly item: AuditedItem; readonly isCompared: boolean },
  ): void {
    this.#places[place] += 1;
    if (place === 'skipped') count(this.#skipped, item.reason);
    if (place === 'quarantined' || place === 'waiting') count(this.#quarantined, item.reason);
    if (place === 'in-effect' && isCompared) this.#compared += 1;
    if (place === 'missing' || place === 'unknown') this.#find({ ...event, kind: place, table: null });
    for (const { kind, table } of item.faults) this.#find({ ...event, kind, table: table ?? null });
    this.#remember(event);
  }

  /** The first findings: what is missing first, then as they arrived. */
  get findings(): readonly Finding[] {
    const rank = ({ kind, arrivedAt }: Finding): string => `${kind === 'missing' ? 0 : 1} ${arrivedAt}`;
    return [...this.#findings].sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
  }

  /** Events that came before, as examples. */
  get repeats(): readonly FoundEvent[] {
    return this.#repeats;
  }

  /** All that was counted so far. */
  counts(): Counts {
    return {
      records: this.#records,
      events: Object.values(this.#places).reduce((sum, one) => sum + one, 0),
      places: { ...this.#places },
      skipped: Object.fromEntries(this.#skipped),
      quarantined: Object.fromEntries(this.#quarantined),
      compared: this.#compared,
      repeated: this.#ids === undefined ? null : this.#repeated,
      findings: this.#faults,
    };
  }

  #find(finding: Finding): void {
    this.#faults += 1;
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(finding);
    // What is missing is known last, and counts most.
    else if (finding.kind === 'missing') {
      const other = this.#findings.findLastIndex(({ kind }) => kind !== 'missing');
      if (other >= 0) this.#findings[other] = finding;
    }
  }

  #remember(event: FoundEvent): void {
    const { eventId } = event;
    if (eventId === null || this.#ids === undefined) return;
    if (this.#ids.has(eventId)) {
      this.#repeated += 1;
      if (this.#repeats.length < MAX_FINDINGS) this.#repeats.push(event);
    } else if (this.#ids.size < MAX_IDS) this.#ids.add(eventId);
    else this.#ids = undefined;
  }
}

function count(counts: Map<string, number>, reason: string | null): void {
  const name = reason ?? 'no reason';
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
