import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRowEncoder } from '../../../processor/core/encode-rows.ts';
import { escapedBytes, EscapedText } from '../../../processor/core/escaped-text.ts';
import { parameterText } from '../../../processor/core/write-parameters.ts';
import { inserts } from '../../../processor/projection.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom('\ud800', '\udc00', '\0', '\\', '"', 'u0000', '\u2028', '\n', '\x1f', '\x7f', 'é', '€', '😀'),
  }),
);

const isStorable = (text: string) => !text.includes('\0') && text.isWellFormed();

it('writes the bytes that the same texts take, escaped as strings of a request body', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.jsonValue(), anyText), { minLength: 1 }), (values) => {
      const text = new EscapedText(0);
      const written = values.filter((value) => {
        if (typeof value === 'string') return text.appendString(value);
        text.appendJson(JSON.stringify(value));
        return true;
      });
      expect(written).toEqual(values.filter((value) => typeof value !== 'string' || isStorable(value)));
      const json = written.map((value) => JSON.stringify(value)).join('');
      expect(Buffer.from(text.slice(0, text.length)).toString('utf8')).toBe(JSON.stringify(json).slice(1, -1));
      expect(text.length).toBe(escapedBytes(json));
    }),
    { numRuns: 1000 },
  );
});

it('takes exactly the texts that PostgreSQL stores, and unchanged', () => {
  const encoder = createRowEncoder('t', inserts({ columns: { body: 'text', data: 'jsonb' } }));
  fc.assert(
    fc.property(anyText, anyText, anyText, (body, member, value) => {
      const text = new EscapedText(0);
      const problem = encoder.encode({ body, data: { [member]: [value] } }, 0, text);
      expect(problem === undefined).toBe([body, member, value].every(isStorable));
      if (problem !== undefined) return;
      const row = parameterText([text.slice(0, text.length)]).slice(0, -1);
      expect(JSON.parse(row)).toEqual([0, body, { [member]: [value] }]);
    }),
    { numRuns: 1000 },
  );
});
