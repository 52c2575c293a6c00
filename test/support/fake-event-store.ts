import type { ParameterValue } from '../../processor/core/write-parameters.ts';
import { parameterText } from '../../processor/core/write-parameters.ts';
import type { CallOptions, EventStore, WriteCounts } from '../../processor/ports.ts';
import { databaseError } from './database-error.ts';

/** What goes wrong with one call: before anything is committed, or after, when only the answer is lost. */
export interface InjectedFailure {
  readonly error: Error;
  readonly committed?: boolean;
}

/** The parameters of a statement as the database gets them: texts. */
export type WrittenParameters = Readonly<Record<string, string>>;

/** How a store misbehaves. */
export interface FakeEventStoreOptions {
  /** Event ids whose rows the database would refuse. */
  readonly poison?: ReadonlySet<string>;
  /** Asked before each call, which are counted from 1. */
  readonly failure?: (call: number, parameters: WrittenParameters) => InjectedFailure | undefined;
}

/** A store in memory that keeps what the compiled write would keep: the ledger, the quarantine and the batch log. */
export class FakeEventStore implements EventStore {
  /** Parameters of every call, failed ones included. */
  readonly calls: WrittenParameters[] = [];
  /** Event ids in effect, in the order in which they came into effect. */
  readonly ledger = new Set<string>();
  /** Payload by `sequence/subsequence`. */
  readonly quarantine = new Map<string, string>();
  /** Rows of the quarantine as they were sent, in order. */
  readonly quarantineRows: (readonly unknown[])[] = [];
  readonly timeouts: number[] = [];
  readonly #options: FakeEventStoreOptions;

  constructor(options: FakeEventStoreOptions = {}) {
    this.#options = options;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a port's failures are rejections, never throws
  async write(sent: Readonly<Record<string, ParameterValue>>, { timeoutMs }: CallOptions): Promise<WriteCounts> {
    const parameters = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, parameterText(value)]));
    this.calls.push(parameters);
    this.timeouts.push(timeoutMs);
    const failure = this.#options.failure?.(this.calls.length, parameters);
    if (failure?.committed === false || (failure !== undefined && failure.committed === undefined)) throw failure.error;
    const counts = this.#commit(parameters);
    if (failure !== undefined) throw failure.error;
    return counts;
  }

  #commit(parameters: WrittenParameters): WriteCounts {
    const events = JSON.parse(parameters['events'] ?? '[]') as [number, string][];
    if (events.some(([, id]) => this.#options.poison?.has(id))) throw databaseError('rejection', '22007');
    const before = { ledger: this.ledger.size, quarantine: this.quarantine.size };
    for (const [, id] of events) this.ledger.add(id);
    for (const row of JSON.parse(parameters['quarantine'] ?? '[]') as (readonly unknown[])[]) {
      this.quarantineRows.push(row);
      this.quarantine.set(`${String(row[1])}/${String(row[2])}`, String(row[5]));
    }
    return { written: this.ledger.size - before.ledger, quarantined: this.quarantine.size - before.quarantine };
  }
}
