import { describe, expect, it } from 'vitest';
import { countParts, payloadParts } from '../../../../processor/quarantine/payload-parts.ts';
import { origin } from '../../../support/encoded-event.ts';
import { sequenceNumber } from '../../../support/kinesis-record.ts';

const CONTEXT = { functionName: 'f', shardId: 's' };

describe('the number of parts', () => {
  it.each([
    [1, 400],
    [2, 404],
    [2, 800],
    [3, 804],
  ])('is %i for %i characters of base64 where a part has 400', (parts, characters) => {
    const payload = 'A'.repeat(characters);
    expect(countParts(origin(0, { payload }), 400)).toBe(parts);
    expect(countParts(origin(0, { payload }), 403)).toBe(parts);
    expect(countParts(origin(0, { payload: Buffer.from(payload, 'base64') }), 400)).toBe(parts);
  });

  it('is one for no bytes', () => {
    expect(countParts(origin(0, { payload: '' }), 400)).toBe(1);
  });
});

describe('the parts of a payload', () => {
  it('are about as large as one another, each with its place', () => {
    const from = origin(3, { payload: Buffer.from('0123456789'), subSequenceNumber: 7 });
    expect([...payloadParts(from, { ...CONTEXT, parts: 3 })]).toEqual(
      ['012', '345', '6789'].map((text, part) => ({
        function_name: 'f',
        part: JSON.stringify(['s', sequenceNumber(3), 7, 3, part]),
        bytes: Buffer.from(text).toString('base64'),
      })),
    );
  });

  it('are the same of a record and of the same bytes in an aggregate', () => {
    const bytes = Buffer.from('not a multiple of three');
    const [text, buffer] = [bytes.toString('base64'), bytes].map((payload) => [
      ...payloadParts(origin(0, { payload }), { ...CONTEXT, parts: 4 }),
    ]);
    expect(text).toEqual(buffer);
  });
});
