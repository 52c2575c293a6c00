/**
 * What the services around a stack know, and how one of them is asked.
 *
 * @module
 */
import type { LocalWorld } from '../../contract/local-world.ts';
import type { MetricStore } from '../cloudwatch/metrics/metric-store.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';

/** An event source mapping, as `GetEventSourceMapping` has it. */
export interface MappingAnswer {
  /** Such as `Enabled` or `Disabled`. */
  readonly state: string;
  /** Milliseconds since 1970. */
  readonly changedAtMs: number;
  readonly settings?: Partial<MappingSettings>;
  readonly functionArn?: string;
  readonly streamArn?: string;
  /**
   * Does what `UpdateEventSourceMapping` asks for, and returns before it is done; without it, only the answer changes.
   *
   * @throws `MappingSettingsError`
   */
  readonly update?: (changes: Partial<MappingSettings>) => void;
}

/** A function, as `GetFunctionConfiguration` and `GetAlias` have it. */
export interface FunctionAnswer {
  readonly environment: Readonly<Record<string, string>>;
  /** Version of each alias, such as `live`. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Invocations that are reserved for it; without it, none are. */
  readonly reservedConcurrency?: number;
  /** Takes the payload of an invocation that nobody waits for; without it, the function can't be invoked. */
  readonly invoke?: (payload: string) => void;
}

/** A stack, as `DescribeStacks` has it. */
export interface StackAnswer {
  /** Such as `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** An object in a bucket. */
export interface ObjectAnswer {
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly modifiedAtMs: number;
}

/** An alarm, as `DescribeAlarms` has it. */
export interface AlarmAnswer {
  readonly name: string;
  readonly kind: 'metric' | 'composite';
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  readonly state: string;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** ARNs that are told when it goes on. */
  readonly actions?: readonly string[];
}

/** Subscriptions of a topic that are confirmed; `refused` where the owner lets nobody ask. */
export type TopicAnswer = number | 'refused';

/** Capacity of a cluster, as `DescribeDBClusters` has it. */
export interface ClusterAnswer {
  readonly minAcu: number;
  readonly maxAcu: number;
}

/** A schedule, as `GetSchedule` has it, that happens once. */
export interface ScheduleAnswer {
  /** What `CreateSchedule` was sent. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Keeps it from happening. */
  readonly cancel: () => void;
}

/** What the services say; may be changed while they run. Whatever is not in it does not exist. */
export interface AwsAnswers {
  /** By name. */
  readonly stacks: Map<string, StackAnswer>;
  /** By UUID. */
  readonly mappings: Map<string, MappingAnswer>;
  /** By name. */
  readonly functions: Map<string, FunctionAnswer>;
  /** By name of the bucket, then by key; another bucket is refused. */
  readonly buckets: Map<string, Map<string, ObjectAnswer>>;
  /** By ARN. */
  readonly topics: Map<string, TopicAnswer>;
  /** By identifier. */
  readonly clusters: Map<string, ClusterAnswer>;
  /** By name. */
  readonly schedules: Map<string, ScheduleAnswer>;
  /** What CloudFormation was told through the URL of a wait condition. */
  readonly signals: string[];
  readonly metrics: MetricStore;
  /** What the alarms are in at present. */
  alarms: () => readonly AlarmAnswer[];
  /** Set by a world that announces itself. */
  world: LocalWorld | undefined;
}

/** A request with its body. */
export interface Call {
  readonly method: string;
  /** Parts of the path, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** The operation that a JSON service is asked for, such as `DescribeAlarms`; empty for other services. */
  readonly target: string;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** What a service answers. */
export interface Reply {
  /** 200 unless given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A service: undefined for a call that is not for it. */
export type Service = (call: Call, answers: AwsAnswers) => Reply | undefined;

/** An error of a service that speaks JSON. */
export function jsonError(status: number, name: string, message: string): Reply {
  return { status, headers: { 'x-amzn-errortype': name }, body: JSON.stringify({ __type: name, message }) };
}
