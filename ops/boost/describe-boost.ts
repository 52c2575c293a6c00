import { BOOSTED_SETTINGS } from '../../planner/boost.ts';
import { describeDuration } from '../../progress/plain-words.ts';
import { SETTING_WORDS } from '../plan/describe-plan.ts';
import type { BoostReport } from './boost-report.ts';

/** Lines for a person. */
export function describeBoost(report: BoostReport): readonly string[] {
  return [describeOutcome(report), ...describeFigures(report), ...report.notes.map((note) => `Note: ${note}.`)];
}

function describeOutcome({ outcome, reason, endsAt }: BoostReport): string {
  switch (outcome) {
    case 'planned':
      return 'Nothing has changed yet; `--apply` changes the settings, and they are restored automatically.';
    case 'applied':
      return `The boost is on. The mapping takes a few minutes to change, and keeps its position. All settings are restored at ${endsAt ?? 'its end'}, even if you close this terminal.`;
    case 'ended':
      return 'The boost is over: all settings are restored.';
    case 'notNeeded':
      return 'No boost is needed: the consumer catches up in time without it.';
    case 'refused':
      return `No boost: ${reason ?? 'it would not help'}.`;
    case 'none':
      return 'No boost is on.';
  }
}

function describeFigures(report: BoostReport): string[] {
  const { timeToCaughtUpSeconds: time, binding, catchUpCostUsd, capacityCostUsd, endsAt, outcome } = report;
  const told: readonly (string | false)[] = [
    ...describeTurned(report),
    time !== null &&
      `Caught up in ${describeTime(time.before)} without the boost, in ${describeTime(time.after)} with it.`,
    binding !== null && `The bottleneck then is the ${binding}.`,
    catchUpCostUsd !== null && `The catch-up costs $${catchUpCostUsd.toFixed(2)}, about the same either way.`,
    capacityCostUsd !== null &&
      capacityCostUsd > 0 &&
      `The raised minimum of the database costs up to $${capacityCostUsd.toFixed(2)} more until it is restored.`,
    endsAt !== null && outcome !== 'applied' && `All settings are restored at ${endsAt}.`,
  ];
  return told.filter((line) => line !== false);
}

function describeTurned({ before, after }: BoostReport): string[] {
  return BOOSTED_SETTINGS.flatMap((setting) => {
    const [from, to] = [before?.[setting], after?.[setting]];
    return from === undefined || to === undefined || from === to ? [] : [`  ${SETTING_WORDS[setting]} ${from} → ${to}`];
  });
}

function describeTime(seconds: number | null): string {
  return seconds === null ? 'never' : describeDuration(seconds);
}
