import { describe, expect, it } from 'vitest';
import { createScreen } from '../../../../local/run/screen.ts';

function record(isTTY: boolean) {
  const clock = { nowMs: 0 };
  const written: string[] = [];
  const screen = createScreen({ isTTY, write: (text: string) => written.push(text) > 0 }, () => clock.nowMs);
  return { clock, written, screen };
}

describe('a screen', () => {
  it('rewrites one line on a terminal, and gives way to what is said', () => {
    const { written, screen } = record(true);
    screen.update('10 %');
    screen.update('20 %');
    screen.say('done');
    screen.say('bye');
    expect(written).toEqual(['\r\x1b[2K10 %', '\r\x1b[2K20 %', '\r\x1b[2Kdone\n', 'bye\n']);
  });

  it('writes a plain line every two seconds elsewhere, without a control character', () => {
    const { clock, written, screen } = record(false);
    for (const [nowMs, line] of [
      [0, 'a'],
      [1_999, 'b'],
      [2_000, 'c'],
      [2_100, 'd'],
    ] as const) {
      clock.nowMs = nowMs;
      screen.update(line);
    }
    screen.say('done');
    expect(written).toEqual(['a\n', 'c\n', 'done\n']);
  });
});
