import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bisectChunk, planChunks } from '../../../processor/plan-chunks.ts';

const items = fc.array(fc.nat({ max: 100 }), { maxLength: 60 }).map((sizes) => sizes.map((bytes, n) => ({ n, bytes })));
const limit = fc.integer({ min: 1, max: 150 });

function sum(chunk: readonly { readonly bytes: number }[]): number {
  return chunk.reduce((total, { bytes }) => total + bytes, 0);
}

it('loses and reorders nothing', () => {
  fc.assert(
    fc.property(items, limit, (batch, maxBytes) => {
      expect(planChunks(batch, maxBytes).flat()).toEqual(batch);
    }),
  );
});

it('stays within the limit, but for an item that alone is larger', () => {
  fc.assert(
    fc.property(items, limit, (batch, maxBytes) => {
      for (const chunk of planChunks(batch, maxBytes)) {
        expect(chunk.length).toBeGreaterThan(0);
        if (chunk.length > 1) expect(sum(chunk)).toBeLessThanOrEqual(maxBytes);
      }
    }),
  );
});

it('begins a chunk only where the one before is full', () => {
  fc.assert(
    fc.property(items, limit, (batch, maxBytes) => {
      const chunks = planChunks(batch, maxBytes);
      for (const [index, chunk] of chunks.slice(1).entries()) {
        expect(sum(chunks[index]!) + chunk[0]!.bytes).toBeGreaterThan(maxBytes);
      }
    }),
  );
});

it('halves a chunk without loss, and each half is smaller', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 2 }), (chunk) => {
      const [first, second] = bisectChunk(chunk);
      expect([...first, ...second]).toEqual(chunk);
      expect(Math.abs(first.length - second.length)).toBeLessThanOrEqual(1);
      expect(first.length).toBeGreaterThan(0);
    }),
  );
});
