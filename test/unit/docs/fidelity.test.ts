import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../../docs/fidelity');

const pages = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));

const OBSERVED = /\bobserved\b/i;
const REPOSITORY = String.raw`[A-Za-z0-9][\w.-]*/[\w.-]+`;
const CITATIONS: readonly RegExp[] = [
  /** An issue or pull request. */
  new RegExp(String.raw`(?<![\w/.-])${REPOSITORY}#\d+\b`),
  /** A repository and a test or file of it. */
  new RegExp(`(?<![\\w/.\`-])${REPOSITORY} \`[^\`]+\``),
  /** A link. */
  /\]\(https?:\/\/[^)\s]+\)|<https?:\/\/[^>\s]+>/,
];

/** The definition of the word at the top of a page. */
const DEFINITION = /\*\*observed\*\*/i;

/** Lines, and cells of tables, that call something observed and do not say where. */
function uncited(markdown: string): string[] {
  return markdown
    .split('\n')
    .flatMap((line) => (line.startsWith('|') ? line.split('|').map((cell) => cell.trim()) : [line]))
    .filter((text) => OBSERVED.test(text) && !DEFINITION.test(text))
    .filter((text) => !CITATIONS.some((citation) => citation.test(text)));
}

describe('a page about fidelity', () => {
  it('is there to be read', () => {
    expect(pages.length).toBeGreaterThan(0);
  });

  it.each(pages)('%s says of everything observed where it was observed', (page) => {
    const markdown = readFileSync(join(FOLDER, page), 'utf8');
    expect(uncited(markdown)).toEqual([]);
  });

  it.each([
    'observed: owner/some-repo#12',
    '| a behaviour | documented; observed: owner/repo `test/a.test.ts`, and more |',
    'observed in [a report](https://example.org/report)',
    '- **observed**: somebody says so',
    'documented',
  ])('may say %j', (line) => {
    expect(uncited(line)).toEqual([]);
  });

  it.each([
    'observed',
    'Observed by several people',
    'observed: owner/repo',
    'observed: #12',
    'observed in `test/a.test.ts`',
    'the ranges of `a/b` were observed',
  ])('may not say %j', (line) => {
    expect(uncited(line)).toEqual([line]);
    expect(uncited(`| owner/repo#1 is one of many | ${line} |`)).toEqual([line]);
  });
});
