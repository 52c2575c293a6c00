import { describe, expect, it } from 'vitest';
import { countByReason, skip } from '../../../../processor/decode/skip.ts';

describe('a reason', () => {
  it('is kept as it is, up to 64 characters that PostgreSQL can hold', () => {
    expect(skip('page_view').reason).toBe('page_view');
    expect(skip('x'.repeat(65)).reason).toBe('x'.repeat(64));
    expect(skip('a\0b\nc').reason).toBe('a\uFFFDb\uFFFDc');
    // A pair of surrogates that the cut would go through.
    expect(skip(`${'x'.repeat(63)}😀`).reason).toBe(`${'x'.repeat(63)}\uFFFD`);
  });

  it.each([undefined, '', 5, null])('must be text, not %j', (reason) => {
    expect(() => skip(reason as never)).toThrow('`skip` must be given a reason, such as the type of the event, got ');
  });
});

it('counts twenty reasons apart, and the rest together', () => {
  const skipped = Array.from({ length: 25 }, (_, n) => ({ reason: `type-${n}` }));
  const counts = countByReason([...skipped, { reason: 'type-0' }, { reason: '__proto__' }]);
  expect(Object.keys(counts)).toHaveLength(21);
  expect([counts['type-0'], counts['type-19'], counts['type-20'], counts['other reasons']]).toEqual([
    2,
    1,
    undefined,
    6,
  ]);
});
