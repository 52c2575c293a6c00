import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRowEncoder } from '../../../../processor/project/encode-rows.ts';
import { escapedBytes } from '../../../../data-api/statement-body.ts';
import { EscapedRows } from '../../../../processor/project/escaped-rows.ts';
import { parameterText } from '../../../../data-api/statement-body.ts';
import { inserts } from '../../../../processor/projection.ts';
import { origin } from '../../../support/encoded-event.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom('\ud800', '\udc00', '\0', '\\', '"', 'u0000', '\u2028', '\n', '\x1f', '\x7f', 'é', '€', '😀'),
  }),
);

const anyNumber = fc.oneof(
  fc.integer({ min: -20_000, max: 20_000 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const isStorable = (text: string) => !text.includes('\0') && text.isWellFormed();

it('writes the bytes that the same texts take, escaped as strings of a request body', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.jsonValue(), anyNumber, anyText), { minLength: 1 }), (values) => {
      const rows = new EscapedRows();
      rows.openRow(7);
      const written = values.filter((value) => {
        if (typeof value === 'string') return rows.appendString(value);
        if (typeof value === 'number') rows.appendNumber(value);
        else rows.appendJson(JSON.stringify(value));
        return true;
      });
      rows.closeRow();
      expect(written).toEqual(values.filter((value) => typeof value !== 'string' || isStorable(value)));
      const json = `${JSON.stringify([7, ...written])},`;
      expect(Buffer.from(rows.slice(0, rows.length)).toString('utf8')).toBe(JSON.stringify(json).slice(1, -1));
      expect(rows.length).toBe(escapedBytes(json));
    }),
    { numRuns: 1000 },
  );
});

it('takes exactly the texts that PostgreSQL stores, and unchanged', () => {
  const encoder = createRowEncoder('t', inserts({ columns: { body: 'text', data: 'jsonb' } }));
  fc.assert(
    fc.property(anyText, anyText, anyText, (body, member, value) => {
      const rows = new EscapedRows();
      const problem = encoder.encode({ body, data: { [member]: [value] } }, { n: 0, origin: origin(0) }, rows);
      expect(problem === undefined).toBe([body, member, value].every(isStorable));
      if (problem !== undefined) return;
      const row = parameterText([rows.slice(0, rows.length)]).slice(0, -1);
      expect(JSON.parse(row)).toEqual([0, body, { [member]: [value] }]);
    }),
    { numRuns: 1000 },
  );
});

const usualRow = fc.record({ id: fc.string(), body: fc.option(anyText), count: fc.integer() });
const MEMBERS = ['id', 'body', 'count', 'extra'] as const;
const anyRow = fc.dictionary(
  fc.constantFrom(...MEMBERS),
  fc.oneof(anyText, fc.integer({ min: -3_000_000_000, max: 3_000_000_000 }), fc.constantFrom(null, undefined, true)),
);

it('takes exactly the rows that have the declared columns, each of its type, in whatever order they stand', () => {
  const encoder = createRowEncoder('t', inserts({ columns: { id: 'text', body: 'text?', count: 'integer' } }));
  const isInteger = (value: unknown) => typeof value === 'number' && value === (value | 0);
  fc.assert(
    fc.property(fc.oneof(anyRow, usualRow), ({ id, body, count, ...others }) => {
      const rows = new EscapedRows();
      const problem = encoder.encode({ ...others, count, id, body }, { n: 7, origin: origin(0) }, rows);
      const isRight =
        typeof id === 'string' && isStorable(id) && (body === null || (typeof body === 'string' && isStorable(body)));
      expect(problem === undefined).toBe(isRight && isInteger(count) && Object.keys(others).length === 0);
      if (problem !== undefined) return;
      expect(parameterText([rows.slice(0, rows.length)])).toBe(`${JSON.stringify([7, id, body, count])},`);
    }),
    { numRuns: 2000 },
  );
});
