import { describe, expect, it } from 'vitest';
import { drawAges, type AgeChart } from '../../../progress/draw-ages.ts';

const DAY = 86_400;

const CHART: AgeChart = {
  lines: [
    {
      label: 'this <way>',
      points: [
        { atSeconds: 0, ageSeconds: 0 },
        { atSeconds: 2 * DAY, ageSeconds: 2 * DAY },
        { atSeconds: 4 * DAY, ageSeconds: 0 },
      ],
    },
    {
      label: 'that way',
      points: [
        { atSeconds: 0, ageSeconds: 0 },
        { atSeconds: 4 * DAY, ageSeconds: 2 * DAY },
      ],
    },
  ],
  marks: [{ atSeconds: DAY, label: 'a <mark> & more' }],
  notes: ['measured'],
};

function pointsOf(svg: string, className: string): readonly (readonly number[])[] {
  const [, points = ''] = new RegExp(`<polyline class="${className}" points="([^"]*)"`).exec(svg) ?? [];
  return points.split(' ').map((point) => point.split(',').map(Number));
}

describe('the picture of ages', () => {
  it('draws time to the right and age upwards, to one scale for both lines', () => {
    const svg = drawAges(CHART);
    const [begin = [], top = [], end = []] = pointsOf(svg, 'first');
    const [, oldest = []] = pointsOf(svg, 'second');
    expect(top[0]).toBeCloseTo(((begin[0] ?? 0) + (end[0] ?? 0)) / 2);
    expect(end[1]).toBe(begin[1]);
    expect(top[1]).toBeLessThan(begin[1] ?? 0);
    expect(oldest).toEqual([end[0], top[1]]);
  });

  it('names the unit on both axes', () => {
    const svg = drawAges(CHART);
    for (const label of ['0 d', '1 d', '4 d', '0 h', '12 h', '48 h']) expect(svg).toContain(`>${label}<`);
    const chartOf = (atSeconds: number, ageSeconds: number) => ({
      ...CHART,
      lines: [{ label: '', points: [{ atSeconds, ageSeconds }] }],
    });
    const short = drawAges(chartOf(3_600, 1_800));
    for (const label of ['60 min', '30 min']) expect(short).toContain(`>${label}<`);
    const shorter = drawAges(chartOf(25, 6));
    for (const label of ['25 s', '6 s']) expect(shorter).toContain(`>${label}<`);
  });

  it('escapes what it is told, and has colours for the dark', () => {
    const svg = drawAges(CHART);
    expect(svg).toContain('>a &lt;mark> &amp; more<');
    expect(svg).toContain('>measured<');
    expect(svg).toContain('>this &lt;way><');
    expect(svg).toContain('>that way<');
    expect(svg).toContain('prefers-color-scheme: dark');
  });
});
