import type { MappingPace } from '../mapping/mapping-context.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';

/** A function as it is deployed. */
export interface FunctionPlan {
  /** Path of the bundle that is deployed. */
  readonly bundlePath: string;
  /** Physical name, which the metrics of Lambda are under. */
  readonly functionName: string;
  /** As in the template; what leads to AWS is replaced here. */
  readonly environment: Readonly<Record<string, string>>;
  /** 1 to 900,000. */
  readonly timeoutMs: number;
  readonly memoryMb: number;
}

/** What is deployed: one processor with its stream, its mapping and its watchdog. */
export interface DeploymentPlan {
  /** Its name, which the metrics of Kinesis are under. */
  readonly streamName: string;
  /** Follows the name in the emulator, where other deployments may have a stream of the same name. @defaultValue nothing */
  readonly streamSuffix?: string;
  readonly shardCount: number;
  /** Hours that the stream keeps a record, 24 to 8,760. */
  readonly retentionHours: number;
  /** UUID of the event source mapping. */
  readonly mappingId: string;
  readonly mapping: Partial<MappingSettings>;
  /** How fast the mapping reads. @defaultValue as suits a clock that is turned by the minute */
  readonly pace?: Partial<MappingPace>;
  /** Bucket for what Lambda gives up; undefined without one. */
  readonly failedBatchesBucket: string | undefined;
  /** Topic for pages; undefined where the watchdog does not look at it. */
  readonly pageTopic: { readonly arn: string; readonly confirmedSubscriptions: number } | undefined;
  readonly processor: FunctionPlan;
  readonly watchdog: FunctionPlan;
}
