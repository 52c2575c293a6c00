import type { Duration } from 'aws-cdk-lib';
import { choice, DAY, duration, from, integer, type Resolved, type SpecsFor } from './option-spec.ts';

/** The new stream; of an existing one, what it has. */
export interface StreamOptions {
  /**
   * How the new stream scales: `provisioned` has `shardCount` shards, `on-demand` scales by itself.
   *
   * Range: provisioned or on-demand.
   *
   * @default provisioned
   */
  readonly streamMode?: 'provisioned' | 'on-demand';

  /**
   * Shards of the stream; for an on-demand or existing stream, the shard count to assume.
   *
   * Range: 1 to 10000.
   *
   * @default 4
   */
  readonly shardCount?: number;

  /**
   * How long the stream keeps records, which is how long an outage may last; for an existing stream, set the retention
   * that it has.
   *
   * Range: 1d to 365d.
   *
   * @default 7d
   */
  readonly streamRetention?: Duration;

  /**
   * Key of the new stream: `customer-managed` uses the key of the stack, `aws-managed` costs nothing.
   *
   * Range: customer-managed or aws-managed.
   *
   * @default customer-managed
   */
  readonly streamEncryption?: 'customer-managed' | 'aws-managed';
}

/** Range and default of each. */
export const STREAM_SPECS = {
  streamMode: choice('provisioned', 'on-demand'),
  shardCount: integer(from(1, 10_000), 4),
  streamRetention: duration(from(DAY, 365 * DAY), 7 * DAY),
  streamEncryption: choice('customer-managed', 'aws-managed'),
} as const satisfies SpecsFor<StreamOptions>;

/** StreamOptions with defaults filled in. */
export type ResolvedStreamOptions = Resolved<StreamOptions, typeof STREAM_SPECS>;
