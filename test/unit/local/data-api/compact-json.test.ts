import { describe, expect, it } from 'vitest';
import { compactJson } from '../../../../local/data-api/compact-json.ts';

describe('compactJson', () => {
  it.each([
    ['{"a": [1, 2], "b": {"c": null}}', '{"a":[1,2],"b":{"c":null}}'],
    ['{\n\t"a" :\r\n 1 }', '{"a":1}'],
    [' true ', 'true'],
    ['[]', '[]'],
  ])('of %j is %j', (text, compact) => {
    expect(compactJson(text)).toBe(compact);
  });

  it.each(['"a, b: c"', String.raw`{"say \" , \\":" x "}`, String.raw`["\\","y z"]`, '"\u2028 é"'])(
    'leaves the strings in %j alone',
    (text) => {
      expect(compactJson(text)).toBe(text);
    },
  );

  it('keeps the order of members and the digits of numbers', () => {
    expect(compactJson('{"b": 1.10, "a": 123456789012345678901234567890}')).toBe(
      '{"b":1.10,"a":123456789012345678901234567890}',
    );
  });

  it('takes a string of a million characters', () => {
    const text = JSON.stringify({ text: 'a "b" \\ '.repeat(125_000) });
    expect(compactJson(text)).toBe(text);
  });
});
