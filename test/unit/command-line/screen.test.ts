import { describe, expect, it } from 'vitest';
import { createScreen } from '../../../command-line/screen.ts';

function record(isTTY: boolean, columns?: number) {
  const clock = { nowMs: 0 };
  const written: string[] = [];
  const out = { isTTY, ...(columns !== undefined && { columns }), write: (text: string) => written.push(text) > 0 };
  const screen = createScreen(out, () => clock.nowMs);
  return { clock, written, screen, out };
}

/** A line that can be erased, also after the terminal was made narrower: it never wraps, and the cursor waits before it. */
function drawn(line: string): string {
  return `\r\x1b[J\x1b[?7l${line}\x1b[?7h\r`;
}

describe('a screen', () => {
  it('rewrites one line on a terminal, and gives way to what is said', () => {
    const { written, screen } = record(true);
    screen.update('10 %');
    screen.update('20 %');
    screen.say('done');
    screen.say('bye');
    expect(written).toEqual([drawn('10 %'), drawn('20 %'), '\r\x1b[Jdone\n', 'bye\n']);
  });

  it('cuts a line that would wrap, as wide as the terminal is at that moment', () => {
    const { written, screen, out } = record(true, 12);
    screen.update('0123456789a');
    screen.update('0123456789ab');
    out.columns = 6;
    screen.update('░░░░░░░');
    expect(written).toEqual(['0123456789a', '0123456789…', '░░░░…'].map(drawn));
  });

  it('asks for a line of the width there is, and for all of it where nothing wraps', () => {
    const widths: number[] = [];
    const line = (columns: number): string => `${widths.push(columns)}`;
    record(true, 40).screen.update(line);
    record(true).screen.update(line);
    record(false).screen.update(line);
    expect(widths).toEqual([39, 79, Infinity]);
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

  it('has one plain line for a state in which nothing happens any more, and goes on when something does', () => {
    const { clock, written, screen } = record(false);
    for (const [line, state] of [
      ['a', undefined],
      ['b', 'caught up'],
      ['c', 'caught up'],
      ['d', undefined],
      ['e', undefined],
      ['f', 'caught up'],
    ] as const) {
      clock.nowMs += 2_000;
      screen.update(line, state);
    }
    expect(written).toEqual(['a\n', 'b\n', 'd\n', 'e\n', 'f\n']);
  });
});
