import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writeJson } from '../../../../processor/tables/json-cell.ts';

it('writes what JSON.stringify writes, of everything that JSON can hold', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      fc.pre(isStorable(value));
      expect(writeJson(value).json).toBe(JSON.stringify(value));
    }),
    { numRuns: 2_000 },
  );
});

function isStorable(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every((member) => member.every(isStorable));
}

const name = fc.oneof(fc.string(), fc.constantFrom(...Object.getOwnPropertyNames(Object.prototype)));

it('writes every member of its own, whatever its name, and bigints with all digits', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.bigInt()), { maxLength: 5 }), (members) => {
      const value = Object.fromEntries(members);
      fc.pre(Object.keys(value).every(isStorable));
      const expected = Object.entries(value).map(([member, number]) => `${JSON.stringify(member)}:${String(number)}`);
      expect(writeJson([value]).json).toBe(`[{${expected.join(',')}}]`);
    }),
  );
});
