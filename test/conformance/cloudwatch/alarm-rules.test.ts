import { describe, expect, it } from 'vitest';
import { parseAlarmRule } from '../../../local/cloudwatch/alarms/alarm-rule.ts';
import RULES from './alarm-rules.json' with { type: 'json' };

describe('the rule of a composite alarm, as captured', () => {
  it.each(RULES.taken)('is taken: %s', (rule) => {
    expect(() => parseAlarmRule(rule)).not.toThrow();
  });

  it.each(RULES.named)('names the alarm $alarm in $rule', ({ rule, alarm }) => {
    expect(parseAlarmRule(rule)).toEqual({ kind: 'state', state: 'ALARM', alarm });
  });

  it.each(RULES.refused)('is refused: $rule', ({ rule, at }) => {
    expect(() => parseAlarmRule(rule)).toThrow(at === undefined ? 'expected 1 to' : `at character ${at}`);
  });
});
