import { describe, expect, it } from 'vitest';
import { scanPlaceholders } from '../../../../local/data-api/scan-placeholders.ts';

interface Case {
  readonly what: string;
  readonly sql: string;
  readonly text: string;
  readonly names?: readonly string[];
}

const BOTH_WAYS: readonly Case[] = [
  { what: 'leaves a text without placeholders alone', sql: 'SELECT 1', text: 'SELECT 1' },
  { what: 'numbers placeholders in order', sql: 'SELECT :b, :a', text: 'SELECT $1, $2', names: ['b', 'a'] },
  { what: 'gives each occurrence a number of its own', sql: ':a + :a', text: '$1 + $2', names: ['a', 'a'] },
  { what: 'takes names of digits', sql: 'VALUES (:1, :2)', text: 'VALUES ($1, $2)', names: ['1', '2'] },
  { what: 'takes underscores', sql: ':first_name', text: '$1', names: ['first_name'] },
  { what: 'ends a name at the first other character', sql: ':a-:b', text: '$1-$2', names: ['a', 'b'] },
  { what: 'does not take $1 for a placeholder', sql: 'SELECT $1', text: 'SELECT $1' },
  { what: 'skips strings', sql: "SELECT ':a', :b", text: "SELECT ':a', $1", names: ['b'] },
  { what: 'skips doubled quotes', sql: "SELECT 'it''s :a', :b", text: "SELECT 'it''s :a', $1", names: ['b'] },
  { what: 'skips escape strings', sql: "SELECT E'\\':a', :b", text: "SELECT E'\\':a', $1", names: ['b'] },
  { what: 'takes a backslash in a plain string as it is', sql: "'\\' || :a", text: "'\\' || $1", names: ['a'] },
  { what: 'skips quoted identifiers', sql: 'SELECT "a:b", :c', text: 'SELECT "a:b", $1', names: ['c'] },
  { what: 'skips line comments', sql: '-- :a\n:b', text: '-- :a\n$1', names: ['b'] },
  {
    what: 'skips block comments, nested ones too',
    sql: '/* /* :a */ :b */ :c',
    text: '/* /* :a */ :b */ $1',
    names: ['c'],
  },
  { what: 'skips casts', sql: ':a::jsonb', text: '$1::jsonb', names: ['a'] },
  { what: 'leaves an assignment alone', sql: 'x := 1', text: 'x := 1' },
  { what: 'takes a minus and a slash for what they are', sql: '1 - :a / :b', text: '1 - $1 / $2', names: ['a', 'b'] },
  { what: 'reads an open string to the end', sql: "SELECT ':a", text: "SELECT ':a" },
  { what: 'reads an open comment to the end', sql: 'SELECT /* :a', text: 'SELECT /* :a' },
];

const QUIRKS: readonly (Case & { readonly lenientText: string })[] = [
  {
    what: 'a placeholder inside a dollar-quoted string',
    sql: 'SELECT $$a :b c$$',
    text: 'SELECT $$a $1 c$$',
    names: ['b'],
    lenientText: 'SELECT $$a :b c$$',
  },
  {
    what: 'a placeholder inside a tagged dollar quote',
    sql: 'SELECT $x$:b$x$',
    text: 'SELECT $x$$1$x$',
    names: ['b'],
    lenientText: 'SELECT $x$:b$x$',
  },
  {
    what: 'the upper bound of an array slice',
    sql: 'SELECT a[1:2]',
    text: 'SELECT a[1$1]',
    names: ['2'],
    lenientText: 'SELECT a[1:2]',
  },
];

describe('scanPlaceholders', () => {
  it.each(BOTH_WAYS)('$what', ({ sql, text, names = [] }) => {
    for (const strictQuirks of [true, false]) {
      expect(scanPlaceholders(sql, { strictQuirks })).toEqual({ text, names });
    }
  });

  it.each(QUIRKS)('replaces $what, as the service does', ({ sql, text, names }) => {
    expect(scanPlaceholders(sql, { strictQuirks: true })).toEqual({ text, names });
  });

  it.each(QUIRKS)('leaves $what alone without the quirks', ({ sql, lenientText }) => {
    expect(scanPlaceholders(sql, { strictQuirks: false })).toEqual({ text: lenientText, names: [] });
  });

  it('replaces a placeholder in brackets without the quirks too', () => {
    expect(scanPlaceholders('a[:n]', { strictQuirks: false })).toEqual({ text: 'a[$1]', names: ['n'] });
  });
});
