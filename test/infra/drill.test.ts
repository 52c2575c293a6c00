import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { drillTemplate, type TemplateResult } from '../../drills/drill-template.ts';
import { DOCUMENTED_STAGES, drillsDocument } from '../../drills/report/markdown.ts';
import { matrixLines } from '../../drills/report/matrix.ts';
import { describeFault } from '../../drills/report/describe-result.ts';
import { STAGES } from '../../lib/settings/stages.ts';
import { EVERYTHING, synthesize } from './synthesized.ts';

// Some forty incidents, two of them days long, six times each; many times slower on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const TEMPLATES = {
  dev: { ...STAGES.dev[0], pageEmails: [] },
  'dev during a planned pause': { ...STAGES.dev[0], pageEmails: [], mappingEnabled: false },
  'prod with an address to page': { ...STAGES.prod[0], pageEmails: ['a@example.com'] },
  'a stage with everything on': EVERYTHING,
} as const;

const DOCUMENT = join(import.meta.dirname, '../../docs/alarm-drills.md');

/** By the names above; each is drilled once. */
const RESULTS = new Map<string, TemplateResult>();

describe.each(Object.entries(TEMPLATES))('the alarms of %s', (name, settings) => {
  let result: TemplateResult;

  beforeAll(async () => {
    result = await drillTemplate(name, synthesize(settings).template.toJSON());
    RESULTS.set(name, result);
  });

  it('do what they must in every scenario, and each has been seen to fire', () => {
    const wrong = result.deployments.flatMap(({ faults, scenarios }) => [
      ...faults,
      ...scenarios.flatMap((scenario) => scenario.faults.map((fault) => `${scenario.name}: ${describeFault(fault)}`)),
    ]);
    expect(wrong).toEqual([]);
  });

  it('fit into a matrix of 80 columns', () => {
    const widths = result.deployments.flatMap(matrixLines).map(({ length }) => length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(80);
  });
});

describe('docs/alarm-drills.md', () => {
  it('says what came of it; npm run docs writes it anew', async () => {
    const titles = DOCUMENTED_STAGES.map(({ title }) => title);
    const results = [RESULTS.get('dev'), RESULTS.get('prod with an address to page')];
    const drills = titles.map((title, index) => ({ title, result: results[index]! }));
    const expected = await format(drillsDocument(drills), { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT });
    expect(await readFile(DOCUMENT, 'utf8')).toBe(expected);
  });
});
