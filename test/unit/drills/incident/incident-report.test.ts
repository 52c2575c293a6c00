import { describe, expect, it } from 'vitest';
import { describeIncident, describeScale } from '../../../../drills/incident/describe-incident.ts';
import { incidentChart } from '../../../../drills/incident/incident-chart.ts';
import { drainFigures, pageFigures, type IncidentReport } from '../../../../drills/incident/incident-report.ts';
import type { StoryFacts } from '../../../../drills/incident/incident-story.ts';

const HOUR = 3_600;
const SIZE = { arrivalPerSecond: 65, scale: 100, downSeconds: 48 * HOUR, dataApiLatencyMs: 17, lanes: 8 };

const REPORT: IncidentReport = {
  ...SIZE,
  records: 114_000,
  backlogRecords: 112_320,
  page: { alarm: 'flights-prod-NotKeepingUp', minutesAfterStop: 4, resolvedMinutesAfterRestart: 4 },
  ours: drainFigures({ records: 112_320, seconds: 10 }, SIZE),
  perEvent: drainFigures({ records: 780, seconds: 6 }, SIZE),
  wrongTables: [],
  picture: 'incident.svg',
};

const START_MS = Date.UTC(2026, 0, 1);
const FACTS: StoryFacts = {
  moments: { startMs: START_MS, stoppedMs: START_MS + 900_000, restartedMs: START_MS + 900_000 + 48 * HOUR * 1000 },
  pages: [],
  ages: [
    { atSeconds: 0, ageSeconds: 0 },
    { atSeconds: 48 * HOUR, ageSeconds: 48 * HOUR - 900 },
    { atSeconds: 49 * HOUR, ageSeconds: 0 },
  ],
  catchUpAges: [{ atSeconds: 5, ageSeconds: 24 * HOUR }],
  records: 114_000,
  backlogRecords: 112_320,
  catchUpSeconds: 10,
};

describe('the figures of a drain', () => {
  it('are those of the incident: 130 records a second need two days for what two days of 65 leave behind', () => {
    expect(REPORT.perEvent).toMatchObject({ recordsPerSecond: 130, catchUpSeconds: 48 * HOUR });
  });

  it('know of no end where as many arrive as are processed', () => {
    expect(drainFigures({ records: 65, seconds: 1 }, SIZE).catchUpSeconds).toBeNull();
    expect(drainFigures({ records: 0, seconds: 0 }, SIZE).catchUpSeconds).toBeNull();
  });
});

describe('the page', () => {
  const { stoppedMs, restartedMs } = FACTS.moments;
  const minutes = (from: number, count: number): number => from + count * 60_000;

  it('is the first after the stop, and over with its own message after the restart', () => {
    const pages = [
      { atMs: minutes(stoppedMs, -1), alarmName: 'before', state: 'ALARM' },
      { atMs: minutes(stoppedMs, 3.5), alarmName: 'incident', state: 'ALARM' },
      { atMs: minutes(stoppedMs, 9), alarmName: 'later', state: 'ALARM' },
      { atMs: minutes(restartedMs, 2), alarmName: 'later', state: 'OK' },
      { atMs: minutes(restartedMs, 4), alarmName: 'incident', state: 'OK' },
    ] as const;
    expect(pageFigures({ ...FACTS, pages })).toEqual({
      alarm: 'incident',
      minutesAfterStop: 4,
      resolvedMinutesAfterRestart: 4,
    });
    expect(pageFigures({ ...FACTS, pages: pages.slice(1, 3) })?.resolvedMinutesAfterRestart).toBeNull();
  });

  it('is missing where nobody was told', () => {
    expect(pageFigures(FACTS)).toBeNull();
  });
});

describe('the chart of the incident', () => {
  it('stretches what was measured to the size of the incident, and lets the other line sink by its pace', () => {
    const [ours, perEvent] = incidentChart(REPORT, FACTS).lines.map(({ points }) => points);
    const restarted = 48 * HOUR + 900;
    expect(ours).toContainEqual({ atSeconds: restarted + 500, ageSeconds: 24 * HOUR });
    expect(ours).toContainEqual({ atSeconds: restarted + 1000, ageSeconds: 0 });
    expect(ours).not.toContainEqual({ atSeconds: 49 * HOUR, ageSeconds: 0 });
    expect(perEvent).toContainEqual({ atSeconds: restarted, ageSeconds: 48 * HOUR });
    expect(perEvent).toContainEqual({ atSeconds: restarted + 48 * HOUR, ageSeconds: 0 });
  });

  it('goes on upwards where one event at a time never catches up', () => {
    const slower = { ...REPORT, perEvent: drainFigures({ records: 32.5, seconds: 1 }, SIZE) };
    const [, perEvent] = incidentChart(slower, FACTS).lines.map(({ points }) => points);
    expect(perEvent?.at(-1)?.ageSeconds).toBeGreaterThan(48 * HOUR);
  });
});

describe('what is said of the incident', () => {
  it('fits a terminal of 80 columns', () => {
    const lines = [...describeScale(SIZE), ...describeIncident(REPORT)];
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('says that nobody was paged, and which tables are wrong', () => {
    const text = describeIncident({ ...REPORT, page: null, wrongTables: ['flights'] }).join('\n');
    expect(text).toContain('nobody');
    expect(text).toContain('flights');
  });
});
