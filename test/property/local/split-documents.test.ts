import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DocumentSplitter } from '../../../local/input/split-documents.ts';

function split(text: string, cuts: readonly number[]): readonly string[] {
  const splitter = new DocumentSplitter();
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].sort((a, b) => a - b);
  const found = places.flatMap((place, index) => [...splitter.push(text.slice(places[index - 1] ?? 0, place))]);
  const rest = splitter.end();
  return [...found, ...(rest === undefined ? [] : [rest])].map((document) => document.text);
}

const documents = fc.array(fc.object({ maxDepth: 3, withDate: false }), { minLength: 1, maxLength: 5 });
const indent = fc.constantFrom(undefined, 0, 2, '\t');

test('every text of objects, in a list or not, gives those objects, wherever it is cut into pieces', () => {
  fc.assert(
    fc.property(documents, indent, fc.boolean(), fc.array(fc.nat()), (events, space, isList, cuts) => {
      const text = isList
        ? JSON.stringify(events, null, space)
        : events.map((event) => JSON.stringify(event, null, space)).join(space === undefined ? '' : '\n');
      const expected = events.map((event) => JSON.parse(JSON.stringify(event)) as unknown);
      expect(split(text, cuts).map((document) => JSON.parse(document) as unknown)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
