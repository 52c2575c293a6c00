import { describe, expect, it } from 'vitest';
import { createNarrator, describeMoment, hang } from '../../../../drills/incident/narrator.ts';

describe('a narrator', () => {
  it('tells in stream time, in lines that fit a terminal', () => {
    const lines: string[] = [];
    const narrator = createNarrator({ say: (line) => lines.push(line), update: () => undefined }, 1_000);
    narrator.tell(1_000 + 90_060_000, `PAGE ${'word '.repeat(30).trim()}`);
    expect(lines[0]).toMatch(/^day 1 01:01 {2}PAGE word/);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.slice(1).every((line) => line.startsWith(' '.repeat(13) + 'word'))).toBe(true);
    expect(lines.every((line) => line.length <= 80)).toBe(true);
  });

  it('keeps a word that is longer than a line whole', () => {
    expect(hang('label ', `a ${'x'.repeat(90)} b`)).toEqual(['label a', `      ${'x'.repeat(90)}`, '      b']);
  });
});

describe('times', () => {
  it.each([
    [0, 'day 0 00:00'],
    [86_399_999, 'day 0 23:59'],
    [86_400_000, 'day 1 00:00'],
  ])('%i ms after the begin is %s', (ms, text) => {
    expect(describeMoment(ms)).toBe(text);
  });
});
