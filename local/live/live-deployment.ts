import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import type { DataApiServer } from '../data-api/start-data-api-server.ts';
import { createFunctionRuntime, type FunctionRuntime } from '../environments/function-runtime.ts';
import { fillStream } from '../kinesis/fill-stream.ts';
import type { KinesisEmulator } from '../kinesis/start-kinesis.ts';
import { LOCAL_CREDENTIALS } from '../local-credentials.ts';
import { createEventSourceMapping, type EventSourceMapping } from '../mapping/event-source-mapping.ts';
import { createKinesisSource } from '../mapping/kinesis-source.ts';
import type { MappingEvent, MappingObserver } from '../mapping/mapping-event.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import type { PostgresServer } from '../postgres/postgres-server.ts';
import type { InputEvent } from '../input/event-input.ts';
import type { AwsServices } from '../aws/aws-services.ts';
import type { DeploymentPlan, FunctionPlan } from './deployment-plan.ts';
import { MinuteCounts } from './minute-counts.ts';
import type { MetricDatum } from '../cloudwatch/metrics/metric.ts';

/** What the deployments of a world share. */
export interface WorldParts {
  readonly clock: VirtualClock;
  readonly postgres: PostgresServer;
  readonly kinesis: KinesisEmulator;
  readonly services: AwsServices;
}

/** What a deployment works with. */
export interface DeploymentParts extends WorldParts {
  readonly dataApi: DataApiServer;
  /** For a user who may do anything. */
  readonly databaseUrl: string;
  /** Of the Kinesis emulator. */
  readonly client: KinesisClient;
  readonly streamArn: string;
}

/**
 * A shard that has more is read on at once, since it would be waited for. One that has no more is left alone for longer
 * than Lambda does, so that a scenario can put a record that nobody has read yet.
 */
const DRILL_PACE = { idlePollMs: 5_000, minReadIntervalMs: 0 } as const;

/** While a lane waits to try again, nothing else is expected to happen after such a time, in milliseconds. */
const QUIET_MS = 100;

/** Longer than any batch takes, in milliseconds. */
const STUCK_MS = 60_000;

/** What the stream of a deployment is called in the emulator. */
export function streamNameOf({ streamName, streamSuffix }: DeploymentPlan): string {
  return streamSuffix === undefined ? streamName : `${streamName}-${streamSuffix}`;
}

/** A processor with its stream, its mapping and its watchdog, as they are deployed, on this machine. */
export class LiveDeployment implements AsyncDisposable {
  readonly plan: DeploymentPlan;
  readonly dataApi: DataApiServer;
  /** Of its database, for a user who may do anything. */
  readonly databaseUrl: string;
  readonly streamArn: string;
  readonly #parts: DeploymentParts;
  readonly #processor: FunctionRuntime;
  readonly #watchdog: FunctionRuntime;
  readonly #mapping: EventSourceMapping;
  readonly #observers = new Set<MappingObserver>();
  readonly #lines: string[] = [];
  #counts = new MinuteCounts();
  #inFlight = 0;
  #waiting = 0;
  #heardAtMs = 0;
  #lastHeard: MappingEvent | undefined;

  constructor(plan: DeploymentPlan, parts: DeploymentParts) {
    this.plan = plan;
    this.dataApi = parts.dataApi;
    this.databaseUrl = parts.databaseUrl;
    this.streamArn = parts.streamArn;
    this.#parts = parts;
    this.#processor = this.#createRuntime(plan.processor, {});
    this.#watchdog = this.#createRuntime(plan.watchdog, {
      STREAM_ARN: parts.streamArn,
      AWS_ENDPOINT_URL: parts.services.endpoint,
      AWS_ENDPOINT_URL_KINESIS: parts.kinesis.endpoint,
      RUNS_SIGNAL_URL: `${parts.services.endpoint}/signal`,
    });
    this.#mapping = createEventSourceMapping({
      source: createKinesisSource(parts.client, parts.streamArn),
      invoker: this.#processor,
      settings: plan.mapping,
      pace: plan.pace ?? DRILL_PACE,
      clock: parts.clock,
      observe: this.#hear,
    });
    const { failedBatchesBucket, pageTopic } = plan;
    const { buckets, topics, functions } = parts.services;
    functions.set(plan.processor.functionName, {
      environment: plan.processor.environment,
      invoke: (payload) => void this.#processor.invoke(payload, { requestId: `asked-${parts.clock.now()}` }),
    });
    if (failedBatchesBucket !== undefined) buckets.set(failedBatchesBucket, new Map());
    if (pageTopic !== undefined) topics.set(pageTopic.arn, pageTopic.confirmedSubscriptions);
  }

  /** Enables or disables the event source mapping; disabling waits for the batches under way. */
  async setEnabled(isEnabled: boolean): Promise<void> {
    await this.setPolling(isEnabled);
    this.setMappingState(isEnabled ? 'Enabled' : 'Disabled');
  }

  /** Has the mapping poll or not, whatever the API says of it. */
  async setPolling(isPolling: boolean): Promise<void> {
    if (isPolling) await this.#mapping.enable();
    else await this.#mapping.stop();
  }

  /** Settings of the mapping. */
  get mapping(): Pick<EventSourceMapping, 'settings'> {
    return this.#mapping;
  }

  /** Changes settings of the mapping; positions are kept. */
  updateMapping(changes: Partial<MappingSettings>): Promise<void> {
    return this.#mapping.update(changes);
  }

  /** What the API says of the mapping; undefined for one that is gone. */
  setMappingState(state: string | undefined): void {
    const { services, clock } = this.#parts;
    const { mappingId } = this.plan;
    if (state === undefined) services.mappings.delete(mappingId);
    else services.mappings.set(mappingId, { state, changedAtMs: clock.now() });
  }

  /** Hears of everything that the mapping does, until the returned function is called. */
  observe(observer: MappingObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Puts events on the stream, now. */
  async put(events: readonly InputEvent[]): Promise<void> {
    if (events.length === 0) return;
    const records = events.map(({ partitionKey, data }) => ({ partitionKey, data: Buffer.from(data) }));
    // One call after the other: several at a time are as many calls more for the few records of a minute.
    await fillStream(this.#parts.client, records, { streamName: streamNameOf(this.plan), callsInFlight: 1 });
    this.#counts.addIncoming(records);
  }

  /** Turns the clock to the next poll, and waits until all is done, or nothing more happens before the next turn. */
  async settle(): Promise<void> {
    if (this.#mapping.state() !== 'Enabled') return;
    const { clock } = this.#parts;
    const drained = this.#mapping.drained().then(() => 'drained' as const);
    // A mapping that is stopped later on has not failed.
    drained.catch(() => undefined);
    await clock.turnTo(clock.now() + DRILL_PACE.idlePollMs);
    this.#heardAtMs = performance.now();
    for (;;) {
      const outcome = await Promise.race([drained, sleep(2, 'waiting' as const)]);
      if (outcome === 'drained' || this.#isQuiet()) return;
      if (performance.now() - this.#heardAtMs > STUCK_MS) {
        const { streamName } = this.plan;
        const last = JSON.stringify(this.#lastHeard);
        throw new Error(
          `${streamName} does not come to rest: ${this.#inFlight} batches in flight, ${this.#waiting} waiting, last heard: ${last}`,
        );
      }
    }
  }

  /** Runs the watchdog once. */
  async watch(): Promise<void> {
    const result = await this.#watchdog.invoke('{}', { requestId: `watchdog-${this.#parts.clock.now()}` });
    if (result.kind !== 'response') throw new Error(`the watchdog failed: ${JSON.stringify(result)}`);
  }

  /**
   * What AWS would have published since the last call.
   *
   * @param timestampMs of the minute it is counted for
   */
  takeServiceMetrics(timestampMs: number): readonly MetricDatum[] {
    const counts = this.#counts;
    this.#counts = new MinuteCounts();
    const { streamName, mappingId, processor } = this.plan;
    return counts.metrics({ streamName, mappingId, functionName: processor.functionName }, timestampMs);
  }

  /** What the functions have written since the last call. */
  takeLines(): readonly string[] {
    return this.#lines.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = this.#mapping.stop().catch(() => undefined);
    await Promise.all([this.#processor.close(), this.#watchdog.close()]);
    await stopped;
  }

  #createRuntime(plan: FunctionPlan, more: Readonly<Record<string, string>>): FunctionRuntime {
    const { clock, dataApi } = this.#parts;
    return createFunctionRuntime({
      ...plan,
      logFormat: 'JSON',
      environment: {
        ...plan.environment,
        ...clock.environment,
        CLUSTER_ARN: dataApi.resourceArn,
        SECRET_ARN: dataApi.secretArn,
        DATABASE: dataApi.database,
        AWS_REGION: dataApi.region,
        AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
        AWS_ENDPOINT_URL_RDS_DATA: dataApi.endpoint,
        ...more,
      },
      now: () => clock.now(),
      onLog: (line) => this.#lines.push(line),
    });
  }

  #isQuiet(): boolean {
    return this.#inFlight === 0 && this.#waiting > 0 && performance.now() - this.#heardAtMs > QUIET_MS;
  }

  readonly #hear = (event: MappingEvent): void => {
    this.#lastHeard = event;
    if (event.type !== 'polled' || event.records > 0) this.#heardAtMs = performance.now();
    if (event.type === 'invoked') {
      this.#inFlight += 1;
      if (event.attempt > 1) this.#waiting -= 1;
    } else if (event.type === 'finished') this.#inFlight -= 1;
    else if (event.type === 'retried' || event.type === 'throttled') this.#waiting += 1;
    this.#counts.add(event);
    for (const observer of this.#observers) observer(event);
  };
}
