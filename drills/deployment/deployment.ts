import type { PromiseRecord } from '../../contract/template-record.ts';
import type { WatchdogEnvironment } from '../../contract/maintenance-environment.ts';
import type { Alarm } from '../../local/cloudwatch/alarms/alarm.ts';
import type { Topic } from '../../local/cloudwatch/topics/topic.ts';
import type { DrilledAlarm } from './drilled-alarms.ts';

/** The stream that is read. */
export interface DrilledStream {
  readonly name: string;
  readonly arn: string;
  readonly shards: number;
  readonly retentionHours: number;
  /** Of the consumer with throughput of its own; undefined where the mapping polls. */
  readonly consumerName: string | undefined;
}

/** The event source mapping, as Lambda would run it. */
export interface DrilledMapping {
  readonly id: string;
  readonly enabled: boolean;
  readonly batchSize: number;
  /** Lanes per shard. */
  readonly factor: number;
  readonly batchingWindowSeconds: number;
  /** Without it AWS publishes none of the mapping's own metrics. */
  readonly publishesCounts: boolean;
  /** Undefined without a limit. */
  readonly maxRecordAgeSeconds: number | undefined;
  /** Whether it has an on-failure destination. */
  readonly hasDestination: boolean;
}

/** The processor function. */
export interface DrilledProcessor {
  readonly functionName: string;
  /** Of the version that the template deploys; the one before has no number here. */
  readonly version: string;
  readonly alias: string;
  readonly timeoutSeconds: number;
  /** Kept back of the timeout for the answer. */
  readonly timeReserveMs: number;
  /** Where its metrics are. */
  readonly namespace: string;
  readonly deployment: string;
  /** Calls that its role does not allow, such as `rds-data:ExecuteStatement`. */
  readonly denied: ReadonlySet<string>;
}

/** The watchdog function, and what starts it. */
export interface DrilledWatchdog {
  readonly environment: WatchdogEnvironment;
  /** Minutes between two runs. */
  readonly everyMinutes: number;
  /** Why it never runs; undefined when it does. */
  readonly neverRuns: string | undefined;
  /** Calls that its role does not allow, such as `kinesis:GetRecords`. */
  readonly denied: ReadonlySet<string>;
}

/** One processor of a template, as far as its alarms depend on it: what its metrics are called, and who is told. */
export interface Deployment {
  /** What it is called in its metrics. */
  readonly name: string;
  /** Where its stack is; the ARNs of its alarms have it. */
  readonly accountId: string;
  readonly stream: DrilledStream;
  readonly mapping: DrilledMapping;
  readonly processor: DrilledProcessor;
  readonly watchdog: DrilledWatchdog;
  readonly clusterId: string;
  /** Name of the page topic, where it is in the template. */
  readonly pageTopicName: string | undefined;
  readonly promises: PromiseRecord;
  /** Its own alarms. */
  readonly alarms: readonly DrilledAlarm[];
  /** The same, as they are evaluated, with whatever else they watch. */
  readonly evaluated: readonly Alarm[];
  readonly topics: readonly Topic[];
  /** What goes wrong in a first deployment whatever the alarms do, one sentence each. */
  readonly firstDeploymentFaults: readonly string[];
  /** What is wrong before anything has happened, one sentence each. */
  readonly faults: readonly string[];
  /** What was assumed, one sentence each. */
  readonly notes: readonly string[];
}
