import type { Duration } from 'aws-cdk-lib';
import { DEFAULT_METRICS_NAMESPACE, MAX_GAUGE_COUNT } from '../../contract/metrics.ts';
import { DAY, duration, from, integer, MINUTE, text, type Resolved, type SpecsFor } from './option-spec.ts';

/** When somebody is told, and where metrics are. */
export interface MonitoringOptions {
  /**
   * CloudWatch namespace of all metrics.
   *
   * Range: at most 255 letters, digits or . - _ / #, not AWS/.
   *
   * @default KinesisToAurora
   */
  readonly metricsNamespace?: string;

  /**
   * Pages when the oldest uncommitted record, or Lambda's iterator age, is older than this. Below `maxBatchingWindow`,
   * a healthy consumer of a quiet stream pages.
   *
   * Range: 60s to 7d.
   *
   * @default 5m
   */
  readonly pageWhenBehind?: Duration;

  /**
   * Pages when the oldest uncommitted record has used up this percentage of the retention.
   *
   * Range: 1 to 99.
   *
   * @default 50
   */
  readonly pageWhenRetentionUsedPercent?: number;

  /**
   * Pages when, for this many minutes, records came in and none were committed, or the mapping did not poll; for three
   * invocations of the longest duration that `timeout` allows, if that is longer.
   *
   * Range: 3 to 60.
   *
   * @default 5
   */
  readonly pageWhenStoppedMinutes?: number;

  /**
   * Pages while more than this many quarantined events are open.
   *
   * Range: 0 to 9999.
   *
   * @default 0
   */
  readonly pageWhenQuarantined?: number;

  /**
   * Notifies when invocations take longer than this percentage of the time they have: `timeout` less 2 s to answer.
   *
   * Range: 1 to 99.
   *
   * @default 80
   */
  readonly noticeWhenDurationPercent?: number;

  /**
   * Notifies when the cluster uses more than this percentage of `databaseMaxCapacity`; must be at least the share of
   * `databaseMinCapacity` in it.
   *
   * Range: 1 to 99.
   *
   * @default 90
   */
  readonly noticeWhenCapacityPercent?: number;

  /**
   * Notifies when the lookup cache has less than this percentage of the requested keys; 0 switches the notice off.
   *
   * Range: 0 to 99.
   *
   * @default 50
   */
  readonly noticeWhenCacheHitPercentBelow?: number;
}

/** Range and default of each. */
export const MONITORING_SPECS = {
  metricsNamespace: text(
    { pattern: /^(?!AWS\/)[\w.\-/#]{1,255}$/, words: 'at most 255 letters, digits or . - _ / #, not AWS/' },
    DEFAULT_METRICS_NAMESPACE,
  ),
  pageWhenBehind: duration(from(MINUTE, 7 * DAY), 5 * MINUTE),
  pageWhenRetentionUsedPercent: integer(from(1, 99), 50),
  pageWhenStoppedMinutes: integer(from(3, 60), 5),
  pageWhenQuarantined: integer(from(0, MAX_GAUGE_COUNT - 1), 0),
  noticeWhenDurationPercent: integer(from(1, 99), 80),
  noticeWhenCapacityPercent: integer(from(1, 99), 90),
  noticeWhenCacheHitPercentBelow: integer(from(0, 99), 50),
} as const satisfies SpecsFor<MonitoringOptions>;

/** MonitoringOptions with defaults filled in. */
export type ResolvedMonitoringOptions = Resolved<MonitoringOptions, typeof MONITORING_SPECS>;
