import { describe, expect, it } from 'vitest';
import type { RowEncoder } from '../../../../processor/project/encode-rows.ts';
import { createRowEncoder } from '../../../../processor/project/encode-rows.ts';
import { EscapedRows } from '../../../../processor/project/escaped-rows.ts';
import { parameterText } from '../../../../data-api/statement-body.ts';
import { counters, inserts, versions } from '../../../../processor/projection.ts';
import { origin, place } from '../../../support/encoded-event.ts';
import { sequenceNumber } from '../../../support/kinesis-record.ts';

const notes = createRowEncoder('notes', inserts({ columns: { id: 'integer', body: 'text?', tags: 'jsonb?' } }));

function encode(row: unknown): string {
  return encodeWith(notes, row, 7);
}

/** The row's text as the database gets it, or what is wrong with it. */
function encodeWith(encoder: RowEncoder, row: unknown, n: number): string {
  const rows = new EscapedRows();
  const problem = encoder.encode(row, { n, origin: origin(5, { place: place(5, { document: 12 }) }) }, rows);
  if (problem !== undefined) return problem.detail;
  const sent = parameterText([rows.slice(0, rows.length)]);
  expect(sent.at(-1)).toBe(',');
  return sent.slice(0, -1);
}

describe('a row', () => {
  it('becomes an array: its event, then its columns as they are declared', () => {
    expect(encode({ tags: ['x'], body: 'b', id: 1 })).toBe('[7,1,"b",["x"]]');
  });

  it('of a keyed table starts with the key', () => {
    const key = { airport: 'text' } as const;
    const counted = createRowEncoder('c', counters({ key, counters: { flights: 'bigint' } }));
    const versioned = createRowEncoder(
      'v',
      versions({ key, version: { at: 'timestamp' }, columns: { delay: 'integer' } }),
    );
    expect(encodeWith(counted, { flights: 2n ** 62n, airport: 'DTW' }, 0)).toBe('[0,"DTW","4611686018427387904"]');
    expect(encodeWith(versioned, { delay: 5, at: '2001-01-01', airport: 'DTW' }, 0)).toBe('[0,"DTW","2001-01-01",5]');
  });

  it.each([
    ['counters', counters({ key: { k: 'text' }, counters: { n: 'double precision' } })],
    ['versions', versions({ key: { k: 'text' }, version: { n: 'double precision' }, columns: {} })],
  ])('of %s gives no number that would spoil for good what is there', (_, table) => {
    const encoder = createRowEncoder('t', table);
    expect(encodeWith(encoder, { k: 'k', n: 0.5 }, 0)).toBe('[0,"k",0.5]');
    for (const n of [NaN, Infinity, -Infinity]) {
      expect(encodeWith(encoder, { k: 'k', n }, 0)).toBe(
        `\`t.n\` must be a number, got ${n}; this column is added up or compared, and nothing is more or newer than that`,
      );
    }
  });

  it('may have its columns from a class, and members beside them that are not its own', () => {
    class Note {
      readonly id = 1;
      readonly tags = null;
      readonly #text = 'b';
      get body(): string {
        return this.#text;
      }
    }
    expect(encode(new Note())).toBe('[7,1,"b",null]');
    expect(encode(Object.assign(Object.create({ size: 3 }) as object, { id: 1, body: 'b', tags: null }))).toBe(
      '[7,1,"b",null]',
    );
  });

  it('may leave a position out, which is then that of its event', () => {
    const encoder = createRowEncoder('p', inserts({ columns: { a: 'position', id: 'text', b: 'position?' } }));
    const own = `${sequenceNumber(5)}000000001200`;
    expect(encodeWith(encoder, { id: 'x' }, 0)).toBe(`[0,"${own}","x","${own}"]`);
    expect(encodeWith(encoder, { id: 'x', b: '7', a: undefined }, 0)).toBe(`[0,"${own}","x","7"]`);
    expect(encodeWith(encoder, { id: 'x', b: null }, 0)).toBe(`[0,"${own}","x",null]`);
    // As many members as there are columns, and yet one that is none of them.
    for (const surplus of [{ c: 1 }, { b: '7', c: 1 }, { a: '7', b: '7', c: undefined }]) {
      expect(encodeWith(encoder, { id: 'x', ...surplus }, 0)).toBe('`p` has no column `c`; declare it or leave it out');
    }
    expect(encodeWith(encoder, { id: 'x', a: 7 }, 0)).toBe(
      '`p.a` must be the `position` of a record, a string of digits, got 7',
    );
  });

  it('may leave nothing else out and bring nothing along', () => {
    expect(encode({ id: 1, body: null })).toBe(
      '`notes.tags` must be a JSON value, at most 500 levels deep or null, got nothing',
    );
    expect(encode({ id: 1, body: null, tags: null, size: 3 })).toBe(
      '`notes` has no column `size`; declare it or leave it out',
    );
    expect(encode({ id: 1, body: null, tags: null, '': 3 })).toBe(
      '`notes` has no column ``; declare it or leave it out',
    );
  });

  it.each([
    [undefined, '`notes` must be a row, got nothing'],
    [null, '`notes` must be a row, got null'],
    ['x', '`notes` must be a row, got "x"'],
    [{ id: '1' }, '`notes.id` must be an integer from -2147483648 to 2147483647, got "1"'],
    [{ id: NaN }, '`notes.id` must be an integer from -2147483648 to 2147483647, got NaN'],
    [{ id: 1, body: new Date(0) }, '`notes.body` must be a string or null, got a Date'],
    [{ id: 1, body: new Date(NaN) }, '`notes.body` must be a string or null, got an invalid Date'],
    [{ id: 1, body: ['b'] }, '`notes.body` must be a string or null, got a list'],
  ])('%j is refused with expected and got', (row, detail) => {
    expect(encode(row)).toBe(detail);
  });

  it('quotes no more than 80 characters of a wrong value', () => {
    expect(encode({ id: 'x'.repeat(81) })).toContain(`got "${'x'.repeat(80)}"`);
  });
});

describe('text that PostgreSQL cannot hold', () => {
  const PROBLEM = "holds text that PostgreSQL can't store: a NUL character or half a surrogate pair";

  it.each(['a\0b', '\ud800', 'x\udfff', '\udc00\ud800'])('%j is refused in a text column', (body) => {
    expect(encode({ id: 1, body, tags: null })).toBe(`\`notes.body\` ${PROBLEM}`);
  });

  it('is refused inside jsonb, as a value and as a name', () => {
    const must = '`notes.tags` must be a JSON value, at most 500 levels deep or null';
    for (const [tags, got] of [
      [{ a: ['\0'] }, 'its `a[0]` is'],
      [{ 'a\0': 1 }, 'got'],
      [[[{ '\ud9ff': 1 }]], 'its `[0][0]` is'],
      ['\0', 'got'],
    ]) {
      expect(encode({ id: 1, body: null, tags })).toBe(`${must}, ${got as string} ${PROBLEM.slice('holds '.length)}`);
    }
  });

  it('is not confused with text that only looks like its escape', () => {
    const body = '\\u0000 and \\ud800';
    expect(encode({ id: 1, body, tags: { [body]: body } })).toBe(JSON.stringify([7, 1, body, { [body]: body }]));
  });

  it('is not confused with whole surrogate pairs', () => {
    expect(encode({ id: 1, body: '😀', tags: ['😀'] })).toBe('[7,1,"😀",["😀"]]');
  });
});

it('refuses a table of an unknown type when it is made', () => {
  const table = inserts({ columns: { id: 'varchar' as 'text' } });
  expect(() => createRowEncoder('t', table)).toThrow('column `id` has the unknown type varchar');
});
