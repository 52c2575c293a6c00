import type { AgeChart, AgePoint } from '../../progress/draw-ages.ts';
import type { IncidentReport } from './incident-report.ts';
import type { StoryFacts } from './incident-story.ts';
import { describeCount } from './narrator.ts';

/** A consumer that takes longer than this many times the outage is drawn so far only. */
const LONGEST = 3;

/** How far the lines go on after both have caught up, as a share of what is before. */
const MARGIN = 0.04;

/**
 * Puts the story at the size of the incident: what was measured while it caught up takes `scale` times as long for
 * `scale` times as many records. The line for one event at a time is the same until the restart, then follows from its
 * pace: in a second of stream time it becomes younger by what is processed of it, and older by a second.
 */
export function incidentChart(report: IncidentReport, { ages, catchUpAges, moments }: StoryFacts): AgeChart {
  const { arrivalPerSecond, scale, downSeconds, ours, perEvent, page } = report;
  const at = (ms: number): number => (ms - moments.startMs) / 1000;
  const restarted = at(moments.restartedMs);
  const before = ages.filter(({ atSeconds }) => atSeconds < restarted);
  const stretched = catchUpAges.map((point) => ({ ...point, atSeconds: restarted + scale * point.atSeconds }));
  const caughtUp = restarted + scale * ours.seconds;
  const perEventSeconds = Math.min(perEvent.catchUpSeconds ?? Infinity, LONGEST * downSeconds);
  const ageAfter = (seconds: number): number =>
    Math.max(0, downSeconds + seconds * (1 - perEvent.recordsPerSecond / arrivalPerSecond));
  const until = (1 + MARGIN) * Math.max(caughtUp, restarted + perEventSeconds);
  const atZero = (atSeconds: number): AgePoint => ({ atSeconds, ageSeconds: 0 });
  return {
    lines: [
      { label: 'kinesis-to-aurora', points: [...before, ...stretched, atZero(caughtUp), atZero(until)] },
      {
        label: 'one event at a time',
        points: [
          ...before,
          { atSeconds: restarted, ageSeconds: downSeconds },
          { atSeconds: restarted + perEventSeconds, ageSeconds: ageAfter(perEventSeconds) },
          { atSeconds: until, ageSeconds: ageAfter(until - restarted) },
        ],
      },
    ],
    marks: [
      { atSeconds: at(moments.stoppedMs), label: 'consumer stops' },
      ...(page === null
        ? []
        : [
            {
              atSeconds: at(moments.stoppedMs) + 60 * page.minutesAfterStop,
              label: `page, ${page.minutesAfterStop} min later`,
            },
          ]),
      { atSeconds: restarted, label: 'consumer starts' },
    ],
    notes: notesOf(report),
  };
}

function notesOf({
  arrivalPerSecond,
  ours,
  perEvent,
  lanes,
  dataApiLatencyMs,
  scale,
}: IncidentReport): readonly string[] {
  return [
    `Measured until the restart. After it, the measured paces at ${arrivalPerSecond} records/s arriving: ` +
      `${describeCount(ours.recordsPerSecond)} and ${describeCount(perEvent.recordsPerSecond)} records/s`,
    `on ${lanes} lanes with ${dataApiLatencyMs} ms a Data API call. One record stands for ${scale} of the incident.`,
  ];
}
