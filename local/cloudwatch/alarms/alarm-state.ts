/** The states of an alarm, as CloudWatch names them. */
export const ALARM_STATES = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const;

/** State of an alarm. */
export type AlarmState = (typeof ALARM_STATES)[number];

/** One entry in the history of an alarm. */
export interface StateChange {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly from: AlarmState;
  readonly to: AlarmState;
  /**
   * Of a metric alarm, its evaluation range with the newest period right: `0` within the threshold, `X` beyond it, `-`
   * missing. Of a composite alarm, the alarms of its rule that are in ALARM.
   */
  readonly because: string;
}
