import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { INDEXED_FIELDS, LOG_QUERIES } from '../../lib/monitoring/log-queries.ts';
import { synthesize } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const RUNBOOK = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');

/** Sections that are about no alarm. */
const GENERAL = [
  'names-and-commands',
  'operator-commands',
  'hurrying-a-catch-up',
  'is-anything-missing',
  'asking-the-database',
  'searching-the-log',
  'rolling-back',
  'passwords-and-roles',
  'planned-maintenance',
  'drills',
];

const SECTIONS = RUNBOOK.split(/^## /m)
  .slice(1)
  .map((text) => [(text.split('\n')[0] ?? '').replaceAll(' ', '-'), text] as const);

/** SNS delivers pages, and no function hears of it. */
const WITHOUT_LOG = ['paging-failed'];

test('every alarm leads to a section of the runbook, and the runbook has no section of an alarm that is gone', () => {
  // A stack that is paused has an alarm that no other has.
  const alarms = [synthesize(), synthesize({ mappingEnabled: false })].flatMap(({ ofType }) => [
    ...ofType('AWS::CloudWatch::Alarm'),
    ...ofType('AWS::CloudWatch::CompositeAlarm'),
  ]);
  const linked = alarms.map(
    ([, { Properties }]) => /operations\.md#([a-z-]+)/.exec(JSON.stringify(Properties['AlarmDescription']))?.[1],
  );
  const sections = SECTIONS.map(([name]) => name);
  expect([...new Set(linked)].sort()).toEqual(sections.filter((section) => !GENERAL.includes(section)).sort());
});

describe('the runbook', () => {
  const alarms = SECTIONS.filter(([name]) => !GENERAL.includes(name) && !name.startsWith('incident-'));

  test.each(alarms)('says of %s what it means, when it comes, and what to do', (_, text) => {
    for (const heading of ['Means', 'Comes', 'Do']) expect(text).toContain(`**${heading}:**`);
  });

  test('has links that lead somewhere', () => {
    const targets = [...RUNBOOK.matchAll(/\]\(#([a-z-]+)\)/g)].map(([, target = '']) => target);
    const names = SECTIONS.map(([name]) => name);
    expect(targets.filter((target) => !names.includes(target))).toEqual([]);
  });

  test.each(SECTIONS.filter(([name]) => ![...GENERAL, ...WITHOUT_LOG].includes(name)))(
    'says of %s which saved queries help, and they exist',
    (_, text) => {
      const named = [...text.matchAll(/\[_([^_]+)_\]\(#searching-the-log\)/g)].map(([, title]) => title);
      expect(named).not.toEqual([]);
      expect(LOG_QUERIES.map(({ title }) => title)).toEqual(expect.arrayContaining(named));
    },
  );

  test('lists every saved query with the log that it asks, and names each where it helps', () => {
    const [, search = ''] = SECTIONS.find(([name]) => name === 'searching-the-log') ?? [];
    const rows = [...search.matchAll(/^\| ([A-Z][\w ]+?) +\| (processor|watchdog) +\|/gm)];
    expect(rows.map(([, title, of]) => ({ title, of }))).toEqual(LOG_QUERIES.map(({ title, of }) => ({ title, of })));
    for (const { title } of LOG_QUERIES) expect(RUNBOOK).toContain(`[_${title}_](#searching-the-log)`);
  });

  test('names the fields that have an index, and searches by no other', () => {
    const [, search = ''] = SECTIONS.find(([name]) => name === 'searching-the-log') ?? [];
    for (const field of Object.values(INDEXED_FIELDS).flat()) expect(search).toContain(`\`${field}\``);
    const searched = [...search.matchAll(/find_lines '(\w+) =/g)].map(([, field]) => field);
    expect(searched.length).toBeGreaterThan(1);
    expect(INDEXED_FIELDS.processor).toEqual(expect.arrayContaining(searched));
  });

  test('finds every name that its commands need, and each only once', () => {
    const { template, resources } = synthesize();
    const outputs = Object.keys((template.toJSON() as { readonly Outputs: object }).Outputs);
    const asked = [...RUNBOOK.matchAll(/\bout ([A-Z]\w+)/g)].map(([, name = '']) => name);
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => !outputs.includes(name))).toEqual([]);
    for (const [, part = '', type] of RUNBOOK.matchAll(/\bpart (\w+) (AWS::\w+::\w+)/g)) {
      const found = Object.entries(resources).filter(([id, { Type }]) => id.includes(part) && Type === type);
      expect([part, found.length]).toEqual([part, 1]);
    }
  });

  test('has commands that a shell takes', () => {
    const blocks = [...RUNBOOK.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    expect(blocks.length).toBeGreaterThan(15);
    for (const block of blocks) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' });
      expect([block, status, stderr]).toEqual([block, 0, '']);
    }
  });
});
