import { beforeAll, describe, expect, it, vi } from 'vitest';
import { drillTemplate, type TemplateResult } from '../../drills/drill-template.ts';
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

describe.each(Object.entries(TEMPLATES))('the alarms of %s', (name, settings) => {
  let result: TemplateResult;

  beforeAll(async () => {
    result = await drillTemplate(name, synthesize(settings).template.toJSON());
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
