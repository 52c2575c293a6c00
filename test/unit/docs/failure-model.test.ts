import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REJECTION_REASONS } from '../../../processor/decode/item.ts';
import { FAULTS } from '../../../local/chaos/faults/fault-kind.ts';

const ROOT = join(import.meta.dirname, '../../..');
const text = readFileSync(join(ROOT, 'docs/failure-model.md'), 'utf8');

/** Test files that the document names, each with the titles it gives of them. */
const files = [...new Set([...text.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path))];
const titles = [...text.matchAll(/`(test\/[^`]+\.test\.ts)`: `([^`]+)`/g)].map(([, path = '', title = '']) => ({
  path,
  title,
}));
const traps = [...text.matchAll(/^\| T(\d+) .*$/gm)].map(([row, number]) => ({ row, number: Number(number) }));

describe('the failure model', () => {
  it.each(files)('names %s, which exists', (path) => {
    expect(existsSync(join(ROOT, path))).toBe(true);
  });

  it.each(titles)('names a test of $path: $title', ({ path, title }) => {
    expect(readFileSync(join(ROOT, path), 'utf8')).toContain(title);
  });

  it('says of every reason what happened and what to do', () => {
    const listed = [...text.matchAll(/^\| `([a-z0-9-]+)` +\| [^|]+ \| [^|]+ \|$/gm)].map(([, reason]) => reason);
    expect(listed.sort()).toEqual([...REJECTION_REASONS].sort());
  });

  it('has every trap once, each with a test', () => {
    expect(traps.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 41 }, (_, n) => n + 1),
    );
    expect(traps.filter(({ row }) => !/`test\/[^`]+\.test\.ts`: `/.test(row))).toEqual([]);
  });

  it('names every fault of a run of chaos', () => {
    expect(Object.keys(FAULTS).filter((kind) => !text.includes(`\`${kind}\``))).toEqual([]);
  });
});
