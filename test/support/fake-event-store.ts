import type { ParameterValue } from '../../data-api/statement-body.ts';
import { parameterTexts } from '../../data-api/statement-body.ts';
import type { CallOptions } from '../../data-api/classify-error.ts';
import type { CommittedBatch, EventStore, WriteCounts } from '../../processor/ports.ts';
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
  /** What the database says of poison. @defaultValue a rejection with SQLSTATE 22007 */
  readonly poisonError?: Error;
  /** What the database says when it is asked for the statement alone; it takes it unless told. */
  readonly explainError?: (asked: number) => Error | undefined;
  /** Asked before each call, of either kind, which are counted from 1. */
  readonly failure?: (call: number, parameters: WrittenParameters) => InjectedFailure | undefined;
}

/** A row of the batch log. */
export interface LoggedWrite extends CommittedBatch {
  readonly codeVersion: string;
  /** The same for all writes of a batch. */
  readonly batchSequenceNumber: string;
  /** Milliseconds since 1970. */
  readonly newestArrivalMs: number;
}

/** A store in memory that keeps what the compiled write would keep: the ledger, the quarantine and its parts. */
export class FakeEventStore implements EventStore {
  /** Parameters of every write, failed ones included. */
  readonly calls: WrittenParameters[] = [];
  /** Parameters of every part that was sent, failed ones included. */
  readonly partCalls: WrittenParameters[] = [];
  /** Parts that wait for their write: base64 by place, by `sequence/subsequence/parts`. */
  readonly parts = new Map<string, string[]>();
  /** Event ids in effect, in the order in which they came into effect. */
  readonly ledger = new Set<string>();
  /** Payload by `sequence/subsequence`. */
  readonly quarantine = new Map<string, string>();
  /** Rows of the quarantine as they were sent, in order. */
  readonly quarantineRows: (readonly unknown[])[] = [];
  /** The batch log: committed writes, the oldest first. */
  readonly log: LoggedWrite[] = [];
  /** How often the database was asked for the statement alone. */
  explained = 0;
  readonly timeouts: number[] = [];
  readonly #options: FakeEventStoreOptions;

  constructor(options: FakeEventStoreOptions = {}) {
    this.#options = options;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a port's failures are rejections, never throws
  async write(sent: Readonly<Record<string, ParameterValue>>, { timeoutMs }: CallOptions): Promise<WriteCounts> {
    const parameters = parameterTexts(sent);
    this.calls.push(parameters);
    this.timeouts.push(timeoutMs);
    return this.#run(parameters, () => this.#commit(parameters));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async storePart(parameters: WrittenParameters, { timeoutMs }: CallOptions): Promise<void> {
    this.partCalls.push(parameters);
    this.timeouts.push(timeoutMs);
    this.#run(parameters, () => {
      const [, sequence, sub, count, part] = JSON.parse(parameters['part'] ?? '') as [
        string,
        string,
        number,
        number,
        number,
      ];
      const key = `${sequence}/${sub}/${count}`;
      const stored = this.parts.get(key) ?? [];
      stored[part] ??= parameters['bytes'] ?? '';
      this.parts.set(key, stored);
    });
  }

  missingParents(): Promise<ReadonlyMap<number, string>> {
    return Promise.reject(new Error('no parent is missing here'));
  }

  closeUnidentified(): Promise<void> {
    return Promise.reject(new Error('no entry without an event id was found'));
  }

  explain(): Promise<void> {
    this.explained += 1;
    const explainError = this.#options.explainError?.(this.explained);
    return explainError === undefined ? Promise.resolve() : Promise.reject(explainError);
  }

  #run<T>(parameters: WrittenParameters, effect: () => T): T {
    const failure = this.#options.failure?.(this.calls.length + this.partCalls.length, parameters);
    if (failure !== undefined && failure.committed !== true) throw failure.error;
    const result = effect();
    if (failure !== undefined) throw failure.error;
    return result;
  }

  #commit(parameters: WrittenParameters): WriteCounts {
    const events = JSON.parse(parameters['events'] ?? '[]') as [number, string][];
    this.#refusePoison(events);
    const before = { ledger: this.ledger.size, quarantine: this.quarantine.size };
    const rows = (JSON.parse(parameters['quarantine'] ?? '[]') as (readonly unknown[])[]).map((row) => ({
      row,
      place: `${String(row[1])}/${String(row[2])}`,
    }));
    // All or nothing: what a row lacks is known before anything is kept.
    const payloads = rows.map(({ row, place }) => (row[5] as string | null) ?? this.#assemble(place, Number(row[12])));
    if (payloads.includes(undefined)) throw databaseError('rejection', '23502');
    for (const [, id] of events) this.ledger.add(id);
    for (const [index, { row, place }] of rows.entries()) {
      this.quarantineRows.push(row);
      this.quarantine.set(place, payloads[index] ?? '');
      for (const key of this.parts.keys()) if (key.startsWith(`${place}/`)) this.parts.delete(key);
    }
    const written = this.ledger.size - before.ledger;
    this.#logWrite(parameters, { quarantined: rows.length, taken: written });
    return {
      written,
      superseded: 0,
      existing: 0,
      quarantined: this.quarantine.size - before.quarantine,
      hasUnidentified: false,
      hasDue: false,
    };
  }

  #refusePoison(events: readonly (readonly [number, string])[]): void {
    const { poison, poisonError = databaseError('rejection', '22007') } = this.#options;
    if (events.some(([, id]) => poison?.has(id))) throw poisonError;
  }

  #logWrite(parameters: WrittenParameters, counts: Pick<LoggedWrite, 'quarantined' | 'taken'>): void {
    const cells = JSON.parse(parameters['log'] ?? '[]') as unknown[];
    const [newestArrivalMs, events] = [cells[4], cells[6]].map(Number) as [number, number];
    const [codeVersion, batchSequenceNumber] = [cells[7], cells[8]].map(String) as [string, string];
    this.log.push({ codeVersion, batchSequenceNumber, newestArrivalMs, events, ...counts });
  }

  /** The payload that was sent ahead, or `undefined` where parts are missing. */
  #assemble(place: string, count: number): string | undefined {
    const stored = this.quarantine.get(place);
    if (stored !== undefined) return stored;
    const parts = Object.values(this.parts.get(`${place}/${count}`) ?? []);
    if (parts.length !== count) return undefined;
    return Buffer.concat(parts.map((part) => Buffer.from(part, 'base64'))).toString('base64');
  }
}
