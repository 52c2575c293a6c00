import { alarmsOfRule, parseAlarmRule, type AlarmRule } from '../alarms/alarm-rule.ts';
import type { ActionsSuppressor, AlarmBase, CompositeAlarm } from '../alarms/alarm.ts';
import { ExpressionError } from '../expression-error.ts';
import type { CompositeAlarmProperties } from './alarm-properties.ts';
import type { ReportProblem } from './read-metric-alarm.ts';

const MOST_CHILDREN = 100;

/**
 * Makes a composite alarm of its properties.
 *
 * @returns undefined when it is unusable; the problems say why
 */
export function readCompositeAlarm(
  base: AlarmBase,
  properties: CompositeAlarmProperties,
  report: ReportProblem,
): CompositeAlarm | undefined {
  const rule = readRule(properties.AlarmRule, report);
  const suppressor = readSuppressor(properties, report);
  if (rule === undefined) return undefined;
  const children = alarmsOfRule(rule).length;
  if (children > MOST_CHILDREN) report(`\`AlarmRule\` must name at most ${MOST_CHILDREN} alarms, got ${children}`);
  return { ...base, kind: 'composite', rule, ...(suppressor !== undefined && { suppressor }) };
}

function readRule(text: string, report: ReportProblem): AlarmRule | undefined {
  try {
    return parseAlarmRule(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    report(`\`AlarmRule\`: ${error.message}`);
    return undefined;
  }
}

/** All three properties, or none. */
function readSuppressor(
  {
    ActionsSuppressor: alarm,
    ActionsSuppressorWaitPeriod: waitSeconds,
    ActionsSuppressorExtensionPeriod: extensionSeconds,
  }: CompositeAlarmProperties,
  report: ReportProblem,
): ActionsSuppressor | undefined {
  if (alarm === undefined && waitSeconds === undefined && extensionSeconds === undefined) return undefined;
  if (alarm !== undefined && waitSeconds !== undefined && extensionSeconds !== undefined)
    return { alarm, waitSeconds, extensionSeconds };
  report('`ActionsSuppressor`, its wait period and its extension period belong together');
  return undefined;
}
