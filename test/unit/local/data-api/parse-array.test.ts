import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArray } from '../../../../local/data-api/encode-value.ts';

/** As PostgreSQL's array output quotes an element. */
function print(elements: readonly (string | null)[]): string {
  const printed = elements.map((element) => {
    if (element === null) return 'NULL';
    const bare = /^[^\s"\\{},]+$/u.test(element) && element.toUpperCase() !== 'NULL';
    return bare ? element : `"${element.replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${printed.join(',')}}`;
}

describe('parseArray', () => {
  it('reads what PostgreSQL prints', () => {
    expect(parseArray(String.raw`{a,"b, \"c\" \\ {d}",NULL,"null",""}`)).toEqual([
      'a',
      'b, "c" \\ {d}',
      null,
      'null',
      '',
    ]);
  });

  it('reads an empty array', () => {
    expect(parseArray('{}')).toEqual([]);
  });

  it('ignores bounds in front', () => {
    expect(parseArray('[0:1]={1,2}')).toEqual(['1', '2']);
  });

  it('tells more dimensions from braces in a quoted element', () => {
    expect(parseArray('{{1},{2}}')).toBe('multidimensional');
    expect(parseArray('{"{1}"}')).toEqual(['{1}']);
  });

  it('keeps line breaks inside quotes', () => {
    expect(parseArray('{"a\nb"}')).toEqual(['a\nb']);
  });

  it('gives back any elements that were printed', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.string())), (elements) => {
        expect(parseArray(print(elements))).toEqual(elements);
      }),
    );
  });
});
