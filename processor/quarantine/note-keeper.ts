import type { CallOptions } from '../../data-api/classify-error.ts';
import type { Calls } from '../call-with-retry.ts';
import { asHold, callWithRetry } from '../call-with-retry.ts';
import type { InFlightFindings, InFlightNote, InFlightNotes, SequenceRange, Worker } from '../ports.ts';

/** Keeps the notes of one invocation: knows which are in the database, so that none is left behind. */
export class NoteKeeper {
  readonly #notes: InFlightNotes;
  readonly #worker: () => Worker;
  readonly #calls: Calls;
  #rows: readonly SequenceRange[] = [];

  constructor(notes: InFlightNotes, worker: () => Worker, calls: Calls) {
    this.#notes = notes;
    this.#worker = worker;
    this.#calls = calls;
  }

  /** Whether nothing is noted, as far as this invocation knows. */
  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** Whether a range is all that is noted. */
  hasOnly({ first, last }: SequenceRange): boolean {
    return this.#rows.every((row) => row.first === first && row.last === last) && !this.isEmpty;
  }

  /**
   * Notes the batch and reads what others have noted about it.
   *
   * @throws {@link HoldError}
   */
  async begin(batch: InFlightNote): Promise<InFlightFindings> {
    this.#rows = [batch];
    return this.#call((options) => this.#notes.begin(batch, this.#worker(), options));
  }

  /** Adopts notes that other processes have left, so that they are deleted together with this one's. */
  adopt(notes: readonly SequenceRange[]): void {
    this.#rows = [...this.#rows, ...notes];
  }

  /**
   * Replaces all notes.
   *
   * @param budgetMs of this call. @defaultValue what the calls of the invocation have
   * @throws {@link HoldError}
   */
  async replace(kept: readonly InFlightNote[], budgetMs = this.#calls.budgetMs): Promise<void> {
    const gone = this.#rows;
    if (gone.length === 0 && kept.length === 0) return;
    // Should the answer be lost, either may be there.
    this.#rows = [...gone, ...kept];
    await this.#call((options) => this.#notes.replace({ gone, kept }, this.#worker(), options), budgetMs);
    this.#rows = kept;
  }

  async #call<T>(call: (options: CallOptions) => Promise<T>, budgetMs = this.#calls.budgetMs): Promise<T> {
    try {
      return await callWithRetry(call, { ...this.#calls, budgetMs });
    } catch (error) {
      throw asHold(error);
    }
  }
}
