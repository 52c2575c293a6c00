import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRowEncoder, escapedBytes, RowProblem } from '../../../processor/core/encode-rows.ts';
import { inserts } from '../../../processor/projection.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '\0', '\\', '"', 'u0000', '\u2028', '\x7f', 'é', '€', '😀') }),
);

it('counts the bytes that JSON text takes inside a request body', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), anyText), (value) => {
      const text = JSON.stringify(value);
      expect(escapedBytes(text)).toBe(Buffer.byteLength(JSON.stringify(text)) - 2);
    }),
    { numRuns: 1000 },
  );
});

it('takes exactly the texts that PostgreSQL stores, and unchanged', () => {
  const encoder = createRowEncoder('t', inserts({ columns: { body: 'text', data: 'jsonb' } }));
  fc.assert(
    fc.property(anyText, anyText, anyText, (body, member, value) => {
      const storable = [body, member, value].every((text) => !text.includes('\0') && text.isWellFormed());
      const encoded = encoder.encode({ body, data: { [member]: [value] } }, 0);
      expect(encoded instanceof RowProblem).toBe(!storable);
      if (typeof encoded === 'string') expect(JSON.parse(encoded)).toEqual([0, body, { [member]: [value] }]);
    }),
    { numRuns: 1000 },
  );
});
