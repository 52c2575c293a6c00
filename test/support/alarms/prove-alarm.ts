import type { MonitoredLimits } from '../../../lib/monitoring/monitored-limits.ts';
import { longestGapSeconds, workingGapSeconds } from '../../../lib/monitoring/alarm-window.ts';
import type { MetricAlarm } from '../../../local/cloudwatch/alarms/alarm.ts';
import type { CloudWatchBehavior } from '../../../local/cloudwatch/cloudwatch-behavior.ts';
import { UnreachableError, type AlarmCase } from './alarm-case.ts';
import { playAlarm } from './play-alarm.ts';
import { MINUTE_MS, type Published, type Rhythm, type Scene } from './scene.ts';

/** By how much a page may be late: what is published has to be seen, in an evaluation that is a minute after the last. */
export const LATE_MINUTES = 5;

/** The watchdog has run so often before there are alarms. */
const FIRST_RUNS = 6;

/** More invocations than this in a minute tell an alarm no more. */
const LEAST_GAP_MS = 20_000;

/** An alarm of some settings, with what no setting decides. */
export interface Proof {
  readonly alarm: MetricAlarm;
  readonly alarmCase: AlarmCase;
  readonly limits: MonitoredLimits;
  readonly rhythm: Rhythm;
  readonly behavior: CloudWatchBehavior;
}

/**
 * Tries to prove that an alarm goes off in time when it should, and never when it should not.
 *
 * @returns what is wrong, one line each
 */
export function proveAlarm(proof: Proof): readonly string[] {
  try {
    return [...proveFiring(proof), ...proveQuiet(proof)];
  } catch (error) {
    if (error instanceof UnreachableError) return [error.message];
    throw error;
  }
}

/** Only that it goes off, and in time. */
export function proveFiring({ alarmCase, ...proof }: Proof): readonly string[] {
  const promiseMinutes = alarmCase.promiseMinutes(proof.limits) + LATE_MINUTES;
  const scene = sceneOf(proof, { promiseMinutes });
  const [firstMs = Infinity] = play(proof, scene, alarmCase.fires(scene));
  if (firstMs < scene.onsetMs) return [`goes off ${(scene.onsetMs - firstMs) / MINUTE_MS} minutes before the trouble`];
  return firstMs <= scene.toMs ? [] : [`does not go off within ${promiseMinutes} minutes`];
}

function proveQuiet({ alarmCase, ...proof }: Proof): readonly string[] {
  const { evaluationPeriods, periodSeconds } = proof.alarm;
  const windowMinutes = (evaluationPeriods * periodSeconds) / 60;
  const scene = sceneOf(proof, { promiseMinutes: windowMinutes + LATE_MINUTES });
  const young: Scene = { ...scene, fromMs: scene.onsetMs - 2 * FIRST_RUNS * MINUTE_MS };
  return Object.entries(alarmCase.quiet).flatMap(([what, history]) => {
    const times = play(proof, scene, history(scene));
    const atBirth = play(proof, young, history(young));
    return [
      ...(times.length > 0 ? [`goes off although ${what}`] : []),
      ...(atBirth.length > 0 ? [`goes off after a first deployment although ${what}`] : []),
    ];
  });
}

type Played = Omit<Proof, 'alarmCase'>;

function play({ alarm, behavior }: Played, { onsetMs, toMs }: Scene, published: Published): readonly number[] {
  return playAlarm(alarm, published, { deployMs: onsetMs - FIRST_RUNS * MINUTE_MS, toMs, behavior });
}

/** Long enough before the trouble for everything that an alarm looks at to be there. */
function sceneOf({ alarm, limits, rhythm }: Played, { promiseMinutes }: { readonly promiseMinutes: number }): Scene {
  const leadMs = (alarm.evaluationPeriods + 5) * alarm.periodSeconds * 1000 + 2 * FIRST_RUNS * MINUTE_MS;
  const onsetMs = Math.ceil(leadMs / MINUTE_MS) * MINUTE_MS + rhythm.onsetMs;
  const share = (seconds: number): number => Math.max(LEAST_GAP_MS, Math.round(seconds * 1000 * rhythm.gapShare));
  return {
    alarm,
    limits,
    rhythm,
    fromMs: 0,
    onsetMs,
    toMs: onsetMs + promiseMinutes * MINUTE_MS,
    gapMs: share(longestGapSeconds(limits)),
    workingGapMs: share(workingGapSeconds(limits)),
  };
}
