import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countParts, payloadParts } from '../../../../processor/quarantine/payload-parts.ts';
import { origin } from '../../../support/encoded-event.ts';

it('gives parts that fit, decode on their own and are the payload together, whatever its length and the limit', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
      fc.boolean(),
      fc.integer({ min: 4, max: 200 }),
      (bytes, isText, maxPartBytes) => {
        const from = origin(0, { payload: isText ? bytes.toString('base64') : bytes });
        const parts = countParts(from, maxPartBytes);
        const texts = [...payloadParts(from, { functionName: 'f', shardId: 's', parts })].map((part) => part['bytes']!);
        expect(texts).toHaveLength(parts);
        for (const text of texts) expect(text.length).toBeLessThanOrEqual(maxPartBytes);
        expect(Buffer.concat(texts.map((text) => Buffer.from(text, 'base64'))).equals(bytes)).toBe(true);
        // As few as can be: one part less could not hold as much.
        expect((parts - 1) * Math.floor(maxPartBytes / 4) * 3).toBeLessThanOrEqual(bytes.length);
      },
    ),
    { numRuns: 500 },
  );
});
