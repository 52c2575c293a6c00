import type { MetricStore } from '../cloudwatch/metrics/metric-store.ts';
import { readEmbeddedMetrics } from '../cloudwatch/metrics/read-embedded-metrics.ts';
import { MinuteCounts, type CountedDeployment } from '../live/minute-counts.ts';
import type { MappingObserver } from '../mapping/mapping-event.ts';

/** What was counted goes to the store this often. */
const FLUSH_MS = 5_000;

/** What is older is of no use to anybody: commands look at the last hour. */
const KEPT_MS = 3 * 3_600_000;

/** Keeps what CloudWatch would have of a world that is kept running: metrics of functions, mappings and stream. */
export class WorldMetrics implements Disposable {
  readonly #store: MetricStore;
  readonly #timer: NodeJS.Timeout;
  readonly #deployments: { readonly identity: CountedDeployment; counts: MinuteCounts }[] = [];

  #incoming = { records: 0, bytes: 0 };

  constructor(store: MetricStore) {
    this.#store = store;
    this.#timer = setInterval(() => {
      this.#flush(Date.now());
    }, FLUSH_MS);
    // A world that has ended does not wait for its metrics.
    this.#timer.unref();
  }

  /** Takes a line that a function wrote; one without metrics changes nothing. */
  log(line: string): void {
    if (!line.includes('"_aws"')) return;
    for (const datum of readEmbeddedMetrics(line)) this.#store.put(datum, Date.now());
  }

  /** Begins to count for a deployment. */
  count(identity: CountedDeployment): MappingObserver {
    const deployment = { identity, counts: new MinuteCounts() };
    this.#deployments.push(deployment);
    return (event) => {
      deployment.counts.add(event);
    };
  }

  /** Counts a record that is put on the stream. */
  addIncoming(data: string | Uint8Array): void {
    this.#incoming.records += 1;
    this.#incoming.bytes += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #flush(nowMs: number): void {
    for (const deployment of this.#deployments) {
      for (const datum of deployment.counts.metrics(deployment.identity, nowMs)) this.#store.put(datum, nowMs);
      deployment.counts = new MinuteCounts();
    }
    this.#flushIncoming(nowMs);
    this.#store.forgetBefore(nowMs - KEPT_MS);
  }

  /** One stream is read by all. */
  #flushIncoming(timestampMs: number): void {
    const { records, bytes } = this.#incoming;
    const [deployment] = this.#deployments;
    if (records === 0 || deployment === undefined) return;
    const dimensions = { StreamName: deployment.identity.streamName };
    for (const [name, value] of Object.entries({ IncomingRecords: records, IncomingBytes: bytes })) {
      this.#store.put(
        { metric: { namespace: 'AWS/Kinesis', name, dimensions }, timestampMs, values: [value] },
        timestampMs,
      );
    }
    this.#incoming = { records: 0, bytes: 0 };
  }
}
