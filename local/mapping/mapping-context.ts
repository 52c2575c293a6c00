import type { MappingFaults } from './mapping-fault.ts';
import type { MappingObserver } from './mapping-event.ts';
import type { MappingSettings } from './mapping-settings.ts';
import type { Clock, FailureDestination, FunctionInvoker, ShardSource } from './ports.ts';
import type { RetryBackoff } from './retry-backoff.ts';

/** How the mapping and its function are called in events and failure documents. */
export interface MappingIdentity {
  readonly uuid: string;
  /** ARN of the function as the mapping names it, alias included. */
  readonly functionArn: string;
  /** Version that the alias stands for. */
  readonly executedVersion: string;
  /** Execution role of the function. */
  readonly roleArn: string;
}

/** How fast a mapping reads and retries. The defaults are Lambda's where they are known. */
export interface MappingPace {
  /** Wait after a read that reached the tip of the shard. @defaultValue 1000 */
  readonly idlePollMs: number;
  /** Shortest time between two reads of a shard: Kinesis allows five a second. @defaultValue 200 */
  readonly minReadIntervalMs: number;
  /** Records asked for in one read, 1 to 10,000; what Lambda asks for is not known. @defaultValue 10000 */
  readonly readLimit: number;
  /** Waits between attempts. @defaultValue 200 ms, doubling up to 30 s */
  readonly retryBackoff: RetryBackoff;
}

/** What all parts of a running mapping share. */
export interface MappingContext {
  readonly settings: MappingSettings;
  readonly identity: MappingIdentity;
  readonly pace: MappingPace;
  readonly source: ShardSource;
  readonly invoker: FunctionInvoker;
  readonly onFailure: FailureDestination | undefined;
  readonly faults: MappingFaults | undefined;
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
  readonly newRequestId: () => string;
  readonly observe: MappingObserver;
  /** Aborts when the mapping stops: no new attempt begins. */
  readonly signal: AbortSignal;
}
