import type { StoryFacts } from './incident-story.ts';
import type { Sample } from './measure-per-event.ts';

/** The size of the incident, and of what is played of it. */
export interface IncidentSize {
  /** Records that arrive each second in the incident. */
  readonly arrivalPerSecond: number;
  /** Records of the incident that one record here stands for. */
  readonly scale: number;
  /** How long the consumer is down, in seconds of stream time. */
  readonly downSeconds: number;
  readonly dataApiLatencyMs: number;
  /** Batches that are handled at the same time. */
  readonly lanes: number;
}

/** How a consumer drains a backlog: what was measured of it, and what follows at the size of the incident. */
export interface DrainFigures {
  /** Records whose processing was timed. */
  readonly records: number;
  /** What they took. */
  readonly seconds: number;
  readonly recordsPerSecond: number;
  /** Derived: to catch up with the incident's backlog while records keep arriving; null where it never does. */
  readonly catchUpSeconds: number | null;
}

/** The first page, in stream time. */
export interface PageFigures {
  readonly alarm: string;
  /** From the stop of the consumer to the page. */
  readonly minutesAfterStop: number;
  /** From the restart to the message that it is over; null when none came. */
  readonly resolvedMinutesAfterRestart: number | null;
}

/** Everything that the story found, as `--report` writes it. */
export interface IncidentReport extends IncidentSize {
  /** Records put on the stream in the whole story. */
  readonly records: number;
  /** Records that waited when the consumer was started again. */
  readonly backlogRecords: number;
  /** Null when nobody was paged. */
  readonly page: PageFigures | null;
  readonly ours: DrainFigures;
  readonly perEvent: DrainFigures;
  /** Tables that do not hold what the records make of them, at the end. */
  readonly wrongTables: readonly string[];
  /** File with the picture. */
  readonly picture: string;
}

const MINUTE_MS = 60_000;

/**
 * What a measured pace means for the backlog of the incident, which grows on while it is worked off.
 *
 * @param sample what was timed
 */
export function drainFigures({ records, seconds }: Sample, size: IncidentSize): DrainFigures {
  const recordsPerSecond = seconds > 0 ? records / seconds : 0;
  const surplus = recordsPerSecond - size.arrivalPerSecond;
  const catchUpSeconds = surplus > 0 ? (size.arrivalPerSecond * size.downSeconds) / surplus : null;
  return { records, seconds, recordsPerSecond, catchUpSeconds };
}

/** When somebody was paged, and when it was over. */
export function pageFigures({ pages, moments }: StoryFacts): PageFigures | null {
  const page = pages.find(({ state, atMs }) => state === 'ALARM' && atMs >= moments.stoppedMs);
  if (page === undefined) return null;
  const resolved = pages.find(
    ({ state, atMs, alarmName }) => state === 'OK' && alarmName === page.alarmName && atMs >= moments.restartedMs,
  );
  return {
    alarm: page.alarmName,
    minutesAfterStop: minutesBetween(moments.stoppedMs, page.atMs),
    resolvedMinutesAfterRestart: resolved === undefined ? null : minutesBetween(moments.restartedMs, resolved.atMs),
  };
}

function minutesBetween(fromMs: number, toMs: number): number {
  return Math.ceil((toMs - fromMs) / MINUTE_MS);
}
