import { beforeAll, describe, expect, it, vi } from 'vitest';
import { drillTemplate, hasPassed, type TemplateResult } from '../../drills/drill-template.ts';
import type { Template } from './break-template.ts';
import { synthesize } from './synthesized.ts';
import { MUTATIONS } from './template-mutations.ts';

// Each is an incident or two, played seven times; many times slower on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const SETTINGS = { shardCount: 1, noticeEmails: ['b@example.com'], ticketEmails: ['c@example.com'] } as const;

let whole: Template;

beforeAll(() => {
  whole = synthesize(SETTINGS).template.toJSON() as Template;
});

async function drill(template: unknown, scenarios: readonly string[]): Promise<TemplateResult> {
  return await drillTemplate('a template', template, { scenarios });
}

function sentencesOf({ deployments }: TemplateResult): readonly string[] {
  return deployments.flatMap(({ faults, scenarios }) => [
    ...faults,
    ...scenarios.flatMap((scenario) => scenario.faults.map(({ sentence }) => sentence)),
  ]);
}

describe('a template that was broken', () => {
  it('passes while it is whole', async () => {
    const scenarios = [...new Set(MUTATIONS.flatMap((mutation) => mutation.scenarios))];
    const result = await drill(whole, scenarios);
    expect(sentencesOf(result)).toEqual([]);
    expect(hasPassed(result)).toBe(true);
  });

  it.each(MUTATIONS.map((mutation) => [mutation.what, mutation] as const))(
    'fails with %s, and the drill says where',
    async (_, { apply, scenarios, says }) => {
      const broken = structuredClone(whole);
      apply(broken);
      expect(broken).not.toEqual(whole);
      const result = await drill(broken, scenarios);
      expect(hasPassed(result)).toBe(false);
      expect(sentencesOf(result)).toContainEqual(expect.stringMatching(says));
    },
  );
});
