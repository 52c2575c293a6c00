import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planText } from '../../support/plan-text.ts';

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../../docs/planning.md'), 'utf8');

/** Options, time and what binds of each row. */
const ROWS = [...DOCUMENT.matchAll(/^\|[^|]+\| `(--[^`]+)` +\| ([^|]+?) +\| `(\w+)` +\|$/gm)].map(
  ([, options = '', time = '', binding = '']) => ({ options, time, binding }),
);

async function lines(options: string): Promise<readonly string[]> {
  return (await planText(`--arrival-rate 65 --backlog-age 2d --record-bytes 150 ${options}`)).split('\n');
}

describe('docs/planning.md', () => {
  it('has the answers that the planner gives', async () => {
    expect(ROWS).toHaveLength(6);
    for (const { options, time, binding } of ROWS) {
      const [first, second] = await lines(options);
      expect(first).toContain(`Caught up in ${time}.`);
      expect(second).toContain(`The bottleneck is the ${binding} `);
    }
  });

  it('shows what the first command prints', async () => {
    expect(DOCUMENT).toContain((await lines('')).slice(0, 14).join('\n'));
  });
});
