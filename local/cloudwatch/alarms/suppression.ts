import type { ActionsSuppressor } from './alarm.ts';

/**
 * Why the actions of a composite alarm are held back: it waits for its suppressor to go into ALARM, the suppressor is
 * there, or it left a short while ago.
 */
export type SuppressionPhase =
  | { readonly kind: 'waiting'; readonly untilMs: number }
  | { readonly kind: 'suppressed' }
  | { readonly kind: 'extending'; readonly untilMs: number };

/** What a suppressor does at one moment. */
export interface SuppressorView {
  readonly suppressor: ActionsSuppressor;
  readonly inAlarm: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * A composite alarm has changed its state: what holds its actions back from now on. A change within a phase begins anew.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm_Suppression.html}
 *
 * @returns undefined when nothing does, so that the actions run at once
 */
export function beginSuppression({ suppressor, inAlarm, nowMs }: SuppressorView): SuppressionPhase | undefined {
  if (inAlarm) return { kind: 'suppressed' };
  return phaseUntil('waiting', nowMs, suppressor.waitSeconds);
}

/**
 * Goes on while the state of the composite alarm stays.
 *
 * @returns undefined when the actions of the state of now are to run; from then on the suppressor holds nothing back
 *   until the next change
 */
export function continueSuppression(phase: SuppressionPhase, view: SuppressorView): SuppressionPhase | undefined {
  if (view.inAlarm) return { kind: 'suppressed' };
  if (phase.kind === 'suppressed') return phaseUntil('extending', view.nowMs, view.suppressor.extensionSeconds);
  return phase.untilMs > view.nowMs ? phase : undefined;
}

function phaseUntil(kind: 'waiting' | 'extending', nowMs: number, seconds: number): SuppressionPhase | undefined {
  return seconds > 0 ? { kind, untilMs: nowMs + seconds * 1000 } : undefined;
}
