import type { FoundNote, InFlightNote, InFlightNotes, SequenceRange, Worker } from '../../processor/ports.ts';
import type { CallOptions } from '../../data-api/classify-error.ts';

interface Row extends Omit<InFlightNote, 'state'> {
  readonly shardId: string;
  /** `undefined` where nobody is at work. */
  readonly owner: { readonly processId: string; readonly requestId: string; readonly deadlineMs: number } | undefined;
}

/** The notes of all processes of one build, in memory. */
export class FakeInFlightNotes {
  readonly rows = new Map<string, Row>();
  /** Sequence numbers that the quarantine holds as `kills-function`. */
  readonly quarantined = new Set<string>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * The notes as one process keeps them.
   *
   * @param beforeCall may throw, as the database does, or never come back, as a process does that has died
   */
  of(processId: string, beforeCall: () => Promise<void> = () => Promise.resolve()): InFlightNotes {
    return {
      begin: async (batch, worker) => {
        await beforeCall();
        const found = [...this.rows.values()]
          .filter((row) => row.shardId === worker.shardId && overlaps(row, batch))
          .map((row) => this.#found(row, processId, worker));
        const key = keyOf(worker.shardId, batch);
        if (!this.rows.has(key)) this.#write(batch, processId, worker);
        return { notes: found, quarantined: [...this.quarantined].filter((number) => isWithin(number, batch)) };
      },
      replace: async ({ gone, kept }, worker) => {
        await beforeCall();
        for (const range of gone) this.rows.delete(keyOf(worker.shardId, range));
        for (const note of kept) this.#write(note, processId, worker);
      },
    } satisfies InFlightNotes;
  }

  #found(row: Row, processId: string, { requestId }: Worker): FoundNote {
    const { owner, first, last, crashes, alone, eventId, verdict } = row;
    const isDead = owner !== undefined && (owner.requestId === requestId || owner.deadlineMs <= this.#now());
    const ofOthers = isDead ? 'died' : 'at-work';
    const owned = owner?.processId === processId ? 'own' : ofOthers;
    return { first, last, crashes, alone, eventId, verdict, state: owner === undefined ? 'suspect' : owned };
  }

  #write({ state, ...note }: InFlightNote, processId: string, { shardId, requestId, remainingMs }: Worker): void {
    const owner = { processId, requestId, deadlineMs: this.#now() + remainingMs };
    this.rows.set(keyOf(shardId, note), { ...note, shardId, owner: state === 'at-work' ? owner : undefined });
  }
}

/** Options that no fake looks at. */
export const ANY_CALL: CallOptions = { timeoutMs: 1_000 };

function keyOf(shardId: string, { first, last }: SequenceRange): string {
  return `${shardId} ${first} ${last}`;
}

function overlaps(a: SequenceRange, b: SequenceRange): boolean {
  return BigInt(a.first) <= BigInt(b.last) && BigInt(a.last) >= BigInt(b.first);
}

function isWithin(sequenceNumber: string, { first, last }: SequenceRange): boolean {
  return BigInt(sequenceNumber) >= BigInt(first) && BigInt(sequenceNumber) <= BigInt(last);
}
