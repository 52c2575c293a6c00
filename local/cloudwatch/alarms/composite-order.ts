import { alarmsOfRule } from './alarm-rule.ts';
import type { Alarm, CompositeAlarm } from './alarm.ts';

/** Composite alarms, each after those that it looks at. */
export interface CompositeOrder {
  readonly order: readonly CompositeAlarm[];
  /** Names of alarms that look at themselves over others; AWS evaluates none of them. */
  readonly inCycle: readonly string[];
}

/** Brings composite alarms into an order in which each can be evaluated once. */
export function orderComposites(alarms: readonly Alarm[]): CompositeOrder {
  let waiting = alarms.filter((alarm) => alarm.kind === 'composite');
  const order: CompositeAlarm[] = [];
  for (;;) {
    const blocked = new Set(waiting.flatMap(({ name, arn }) => [name, arn]));
    const ready = waiting.filter((alarm) => !watchedAlarms(alarm).some((reference) => blocked.has(reference)));
    if (ready.length === 0) return { order, inCycle: waiting.map(({ name }) => name) };
    order.push(...ready);
    waiting = waiting.filter((alarm) => !ready.includes(alarm));
  }
}

/** Names or ARNs of the alarms of the rule, and of the suppressor. */
export function watchedAlarms({ rule, suppressor }: CompositeAlarm): readonly string[] {
  return [...alarmsOfRule(rule), ...(suppressor === undefined ? [] : [suppressor.alarm])];
}
