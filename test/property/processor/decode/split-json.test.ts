import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitLines, splitList } from '../../../../processor/decode/split-json.ts';

const blank = fc.stringMatching(/^[ \t\r]{0,3}$/);
/** JSON as producers write it: dense, or over several lines. */
const document = fc
  .tuple(fc.jsonValue(), fc.constantFrom(0, 2))
  .map(([value, indent]) => JSON.stringify(value, null, indent));
const object = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value));

function texts(parts: Iterable<Buffer>): string[] {
  return [...parts].map((part) => part.toString());
}

it('finds the elements of every list, each by its own bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(blank, document, blank)), blank, (elements, end) => {
      const list = `${end}[${elements.map((parts) => parts.join('')).join(',')}${elements.length === 0 ? end : ''}]\n${end}`;
      const split = splitList(Buffer.from(list));
      const expected = elements.map(([, text]) => text);
      expect('problem' in split ? split : texts(split)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

it('finds every document of lines, and objects that follow each other on one', () => {
  const line = fc
    .array(object, { maxLength: 3 })
    .chain((objects) => fc.constantFrom('', ' ', '\t').map((gap) => ({ objects, gap })));
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom('\n', '\r\n'), (lines, end) => {
      const text = lines.map(({ objects, gap }) => objects.join(gap)).join(end);
      expect(texts(splitLines(Buffer.from(text)))).toEqual(lines.flatMap(({ objects }) => objects));
    }),
    { numRuns: 500 },
  );
});
