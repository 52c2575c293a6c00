import { describe, expect, it } from 'vitest';
import { EscapedText } from '../../../../processor/core/escaped-text.ts';
import { parameterText } from '../../../../processor/core/write-parameters.ts';

const PARTS = 20_000;

describe('a text that outgrows its room again and again', () => {
  it.each([
    [
      'plain text',
      (text: EscapedText, part: string) => {
        text.appendPlain(part);
      },
      (part: string) => part,
    ],
    ['strings', (text: EscapedText, part: string) => text.appendString(part), JSON.stringify],
    [
      'JSON',
      (text: EscapedText, part: string) => {
        text.appendJson(JSON.stringify([part]));
      },
      (part: string) => `["${part}"]`,
    ],
  ] as const)('keeps what it holds: %s', (_what, append, written) => {
    const text = new EscapedText(0);
    const parts = Array.from({ length: PARTS }, (_, n) => `part ${n}`);
    for (const part of parts) append(text, part);
    expect(parameterText([text.slice(0, text.length)])).toBe(parts.map((part) => written(part)).join(''));
  });

  it('keeps it in front of one that is larger than all before it', () => {
    const text = new EscapedText(0);
    const large = '"é\\'.repeat(100_000);
    text.appendString('first');
    text.appendString(large);
    expect(parameterText([text.slice(0, text.length)])).toBe(`"first"${JSON.stringify(large)}`);
  });
});
