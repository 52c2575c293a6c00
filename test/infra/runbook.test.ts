import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { synthesize } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

test('every alarm leads to a section of the runbook, and the runbook has no section of an alarm that is gone', () => {
  // A stack that is paused has an alarm that no other has.
  const alarms = [synthesize(), synthesize({ mappingEnabled: false })].flatMap(({ ofType }) => [
    ...ofType('AWS::CloudWatch::Alarm'),
    ...ofType('AWS::CloudWatch::CompositeAlarm'),
  ]);
  const linked = alarms.map(
    ([, { Properties }]) => /operations\.md#([a-z-]+)/.exec(JSON.stringify(Properties['AlarmDescription']))?.[1],
  );
  const runbook = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
  const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading.replaceAll(' ', '-'));
  const general = ['passwords-and-roles', 'planned-maintenance', 'drills'];
  expect([...new Set(linked)].sort()).toEqual(sections.filter((section) => !general.includes(section)).sort());
});
