import { describe, expect, it } from 'vitest';
import { gaugeDisagreements, type PlayedTwice } from '../../../../drills/live/compare-timelines.ts';
import type { Timeline } from '../../../../drills/timeline.ts';

/** One minute for each set of gauges; minute 0 comes after the first. */
function timeline(...minutes: readonly Readonly<Record<string, number>>[]): Timeline {
  return {
    startMs: 0,
    leadMinutes: 1,
    alarmsMadeAt: 0,
    minutes: minutes.map((gauges, index) => ({
      lines: [],
      data: Object.entries(gauges).map(([name, value]) => ({
        metric: { namespace: 'Test', name, dimensions: { service: 'orders-dev' } },
        timestampMs: index * 60_000,
        values: [value],
      })),
    })),
  };
}

function compare(live: Timeline, simulated: Timeline, phases: PlayedTwice['phases'] = []): readonly string[] {
  return gaugeDisagreements({ live, simulated, phases, deployment: 'orders-dev' });
}

describe('what a scenario shows live and simulated', () => {
  it('is the same where ages differ by no more than a minute', () => {
    expect(compare(timeline({ BacklogAge: 30 }), timeline({ BacklogAge: 90 }))).toEqual([]);
    expect(compare(timeline({ BacklogAge: 30 }), timeline({ BacklogAge: 91 }))).toEqual([
      'BacklogAge in minute -1: 30 live, 91 simulated',
    ]);
  });

  it('is not the same where a count differs, or one of them says nothing', () => {
    expect(compare(timeline({}, { QuarantineOpen: 1 }), timeline({}, { QuarantineOpen: 2 }))).toEqual([
      'QuarantineOpen in minute 0: 1 live, 2 simulated',
    ]);
    expect(compare(timeline({ MappingEnabled: 1 }), timeline({}))).toEqual([
      'MappingEnabled in minute -1: 1 live, nothing simulated',
    ]);
  });

  it('is told once for each gauge', () => {
    const live = timeline({ ChecksFailed: 1 }, { ChecksFailed: 1 });
    expect(compare(live, timeline({ ChecksFailed: 0 }, { ChecksFailed: 0 }))).toHaveLength(1);
  });

  it('may differ in the first two minutes after a change', () => {
    const [live, simulated] = [timeline({}, { ChecksFailed: 1 }), timeline({}, { ChecksFailed: 0 })];
    expect(compare(live, simulated, [{ from: 0, set: {} }])).toEqual([]);
    expect(compare(live, simulated, [{ from: -1, until: 0, set: {} }])).toEqual([]);
    expect(compare(live, simulated, [{ from: 1, set: {} }])).toHaveLength(1);
  });
});
