import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { targetText } from '../../../bench/bench-page.ts';
import { type RatioName, TARGETS } from '../../../bench/scenario.ts';
import { SCENARIOS } from '../../../bench/scenarios.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/benchmarks.md'), 'utf8');

/** Cells of the rows that begin with a name. */
const ROWS = new Map(
  [...PAGE.matchAll(/^\| `([^`]+)` +\|(.+)\|$/gm)].map(([, name = '', rest = '']) => [
    name,
    rest.split(' | ').map((cell) => cell.trim()),
  ]),
);

describe('docs/benchmarks.md', () => {
  it.each(Object.keys(TARGETS) as RatioName[])('has a row for %s with its target', (name) => {
    expect(ROWS.get(name)?.[1]).toBe(targetText(name));
  });

  it.each(SCENARIOS.map(({ name }) => name))('says what the scenario %s is', (name) => {
    expect(ROWS.get(name)?.[0]).toMatch(/\w{3}/);
  });
});
