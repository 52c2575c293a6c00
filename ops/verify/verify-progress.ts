import { RemainingTimeEstimator } from '../../progress/remaining-time.ts';

/** As long as a question to a database that wakes up may take. */
const PATIENCE_MS = 120_000;

/** How much of the stream is still to be read, told by the arrival of its records, and how long that takes. */
export class VerifyProgress {
  readonly #estimator = new RemainingTimeEstimator(PATIENCE_MS);
  readonly #left = new Map<string, number>();
  readonly #untilMs: ReadonlyMap<string, number>;
  readonly #say: (line: string) => void;

  /**
   * Begins with nothing read.
   *
   * @param spans by shard: arrival of the oldest record that may be there, and of the newest that is read
   */
  constructor(
    spans: ReadonlyMap<string, { readonly sinceMs: number; readonly untilMs: number }>,
    say: (line: string) => void,
  ) {
    this.#say = say;
    this.#untilMs = new Map([...spans].map(([shardId, { untilMs }]) => [shardId, untilMs]));
    for (const [shardId, { sinceMs, untilMs }] of spans) this.#left.set(shardId, Math.max(0, untilMs - sinceMs));
  }

  /** A shard was read up to this arrival, in milliseconds since 1970. */
  read(shardId: string, arrivedAtMs: number, records: number): void {
    this.#left.set(shardId, Math.max(0, (this.#untilMs.get(shardId) ?? 0) - arrivedAtMs));
    this.#tell(records);
  }

  /** A shard was read to its end. */
  finished(shardId: string, records: number): void {
    this.#left.set(shardId, 0);
    this.#tell(records);
  }

  #tell(records: number): void {
    const left = [...this.#left.values()].reduce((sum, one) => sum + one, 0);
    const time = this.#estimator.add({ atMs: performance.now(), left: left / 1000 });
    const open = [...this.#left.values()].filter((one) => one > 0).length;
    const told =
      time.kind === 'time'
        ? `about ${Math.ceil(time.seconds).toLocaleString('en-US')} s left`
        : 'measuring how long it takes';
    this.#say(
      `looking for ${records.toLocaleString('en-US')} records, ${open} of ${this.#left.size} shards to go, ${told}`,
    );
  }
}
