import type { CallOptions } from '../../data-api/classify-error.ts';
import type { BuildHistory, CommittedBatch, FuseMemory, HeldBuild, HeldPosition } from '../../processor/ports.ts';
import type { FakeEventStore, LoggedWrite } from './fake-event-store.ts';

/** What is noted of one build. */
interface Note {
  readonly held: HeldBuild;
  readonly isAllowed: boolean;
  readonly allowedUntilMs: number | undefined;
}

function batchOf({ batchSequenceNumber }: LoggedWrite): string {
  return batchSequenceNumber;
}

function sumOf(writes: readonly CommittedBatch[]): CommittedBatch {
  const sum = (of: (write: CommittedBatch) => number): number => writes.reduce((total, write) => total + of(write), 0);
  return {
    events: sum(({ events }) => events),
    quarantined: sum(({ quarantined }) => quarantined),
    taken: sum(({ taken }) => taken),
  };
}

/** What outlives environments: notes by build, as the table of the fuse has them. */
export class FakeFuseTable {
  readonly notes = new Map<string, Note>();

  /** What the operator's command does: everything that arrived until then may be quarantined. */
  allow(codeVersion: string, nowMs: number): void {
    const note = this.notes.get(codeVersion);
    if (note !== undefined) this.notes.set(codeVersion, { ...note, isAllowed: true, allowedUntilMs: nowMs });
  }
}

/** How a memory is made. */
export interface FakeFuseMemoryOptions {
  /** Its log is what is remembered of writes. */
  readonly store: FakeEventStore;
  readonly codeVersion: string;
  readonly table?: FakeFuseTable;
  /** Fails calls, which are counted from 1. */
  readonly failure?: (call: number) => Error | undefined;
}

/** The fuse's memory without a database. */
export class FakeFuseMemory implements FuseMemory {
  readonly table: FakeFuseTable;
  calls = 0;
  readonly #options: FakeFuseMemoryOptions;

  constructor(options: FakeFuseMemoryOptions) {
    this.#options = options;
    this.table = options.table ?? new FakeFuseTable();
  }

  read(maxWrites: number, options: CallOptions): Promise<BuildHistory> {
    return this.#call(options, () => {
      const { store, codeVersion } = this.#options;
      const note = this.table.notes.get(codeVersion);
      const ofBuild = store.log.filter((write) => write.codeVersion === codeVersion).reverse();
      const { allowedUntilMs = -Infinity } = note ?? {};
      return {
        held: note?.isAllowed === true ? undefined : note?.held,
        allowedUntilMs: note?.allowedUntilMs,
        recent: Array.from(new Set(ofBuild.slice(0, Math.max(maxWrites, 20)).map(batchOf)), (batch) =>
          ofBuild.filter((write) => batchOf(write) === batch && write.newestArrivalMs > allowedUntilMs),
        )
          .filter((writes) => writes.length > 0)
          .map(sumOf),
      };
    });
  }

  hold({ isBlown, rejected, events, example }: Omit<HeldBuild, 'since'> & HeldPosition, options: CallOptions) {
    return this.#call(options, () => {
      const note = this.table.notes.get(this.#options.codeVersion);
      const isNew = note === undefined || note.isAllowed;
      if (!isNew && (note.held.isBlown || !isBlown)) return note.held;
      const since = isNew ? `2026-11-26T00:00:00.${String(this.calls).padStart(3, '0')}Z` : note.held.since;
      const held = { since, isBlown, rejected, events, example };
      this.table.notes.set(this.#options.codeVersion, {
        held,
        isAllowed: false,
        allowedUntilMs: note?.allowedUntilMs,
      });
      return held;
    });
  }

  release(options: CallOptions): Promise<void> {
    return this.#call(options, () => {
      const note = this.table.notes.get(this.#options.codeVersion);
      if (note === undefined || note.held.isBlown) return;
      if (note.allowedUntilMs === undefined) this.table.notes.delete(this.#options.codeVersion);
      else this.table.notes.set(this.#options.codeVersion, { ...note, isAllowed: true });
    });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a port's failures are rejections, never throws
  async #call<T>(_options: CallOptions, effect: () => T): Promise<T> {
    this.calls += 1;
    const error = this.#options.failure?.(this.calls);
    if (error !== undefined) throw error;
    return effect();
  }
}
