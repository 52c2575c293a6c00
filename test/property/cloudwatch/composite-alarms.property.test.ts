import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseAlarmRule, ruleHolds, type AlarmRule } from '../../../local/cloudwatch/alarms/alarm-rule.ts';
import { ALARM_STATES, type AlarmState } from '../../../local/cloudwatch/alarms/alarm-state.ts';
import {
  cloudWatch,
  compositeAlarm,
  mathSource,
  metricAlarm,
  pointsOf,
  START_MS,
} from '../../support/cloudwatch-alarms.ts';

const name = fc.constantFrom('a', 'b', 'an alarm', 'with "quotes"', 'with ) and (', 'back\\slash');

const rule = fc.letrec<{ rule: AlarmRule }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('state' as const), state: fc.constantFrom(...ALARM_STATES), alarm: name }),
    fc.record({ kind: fc.constant('constant' as const), value: fc.boolean() }),
    fc.record({ kind: fc.constant('not' as const), rule: tie('rule') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      rules: fc.array(tie('rule'), { minLength: 2, maxLength: 3 }),
    }),
    fc.uniqueArray(name, { minLength: 1, maxLength: 4 }).chain((alarms) =>
      fc.record({
        kind: fc.constant('at-least' as const),
        count: fc.integer({ min: 1, max: alarms.length }),
        unit: fc.constant('alarms' as const),
        state: fc.constantFrom(...ALARM_STATES),
        negated: fc.boolean(),
        alarms: fc.constant(alarms),
      }),
    ),
  ),
})).rule;

it('a rule that is written and read again holds in the same states', () => {
  const states = fc.dictionary(name, fc.constantFrom(...ALARM_STATES));
  fc.assert(
    fc.property(rule, states, (tree, known) => {
      const stateOf = (alarm: string): AlarmState => known[alarm] ?? 'INSUFFICIENT_DATA';
      expect(ruleHolds(parseAlarmRule(write(tree)), stateOf)).toBe(ruleHolds(tree, stateOf));
    }),
    { numRuns: 300 },
  );
});

/** With parentheses around everything. */
function write(tree: AlarmRule): string {
  switch (tree.kind) {
    case 'constant':
      return tree.value ? 'TRUE' : 'FALSE';
    case 'state':
      return `${tree.state}(${quoted(tree.alarm)})`;
    case 'not':
      return `NOT (${write(tree.rule)})`;
    case 'and':
    case 'or':
      return tree.rules.map((part) => `(${write(part)})`).join(` ${tree.kind.toUpperCase()} `);
    case 'at-least': {
      const state = `${tree.negated ? 'NOT ' : ''}${tree.state}`;
      return `AT_LEAST(${tree.count}, ${state}, (${tree.alarms.map(quoted).join(', ')}))`;
    }
  }
}

function quoted(alarm: string): string {
  return `"${alarm.replaceAll(/["\\]/g, '\\$&')}"`;
}

it('a composite alarm sends nothing while its suppressor is in ALARM, and in the end what its state is', () => {
  const history = fc.string({ unit: fc.constantFrom('0', 'X'), minLength: 1, maxLength: 30 });
  const seconds = fc.integer({ min: 0, max: 5 }).map((minutes) => minutes * 60);
  fc.assert(
    fc.property(history, history, seconds, seconds, (child, suppressor, waitSeconds, extensionSeconds) => {
      const world = cloudWatch();
      const place = { fromMs: START_MS, periodSeconds: 60 };
      for (const datum of [...pointsOf('child', child, place), ...pointsOf('other', suppressor, place)])
        world.put(datum);
      world.deploy([
        metricAlarm({ name: 'child', source: mathSource('child', 'child'), actionsEnabled: false }),
        metricAlarm({ name: 'other', source: mathSource('other', 'other'), actionsEnabled: false }),
        compositeAlarm('ALARM(child)', { suppressor: { alarm: 'other', waitSeconds, extensionSeconds } }),
      ]);
      const messages = world.advanceTo(START_MS + 60 * 60_000);
      const suppressed = world.historyOf('other');
      for (const { atMs } of messages)
        expect(suppressed.findLast((change) => change.atMs <= atMs)?.to ?? 'OK').not.toBe('ALARM');
      // After half an hour without a value both are quiet, and every wait is over.
      expect(messages.at(-1)?.state).toBe('OK');
      for (const [index, { atMs, state }] of messages.entries())
        expect(world.historyOf('composite').findLast((change) => change.atMs <= atMs)?.to, String(index)).toBe(state);
    }),
  );
});
