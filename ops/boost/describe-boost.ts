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
      return 'Nothing is changed so far; `--apply` turns it, and it is set back by itself.';
    case 'applied':
      return `The boost is on. The mapping takes a few minutes to change, and keeps its position. Everything is set back at ${endsAt ?? 'its end'}, whatever becomes of this terminal.`;
    case 'ended':
      return 'The boost is over: everything is set back.';
    case 'notNeeded':
      return 'No boost is needed: it is over in time as it is.';
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
    time !== null && `Caught up in ${describeTime(time.before)} as it is, in ${describeTime(time.after)} with it.`,
    binding !== null && `What binds then is the ${binding}.`,
    catchUpCostUsd !== null && `The catch-up costs $${catchUpCostUsd.toFixed(2)}, about the same either way.`,
    capacityCostUsd !== null &&
      capacityCostUsd > 0 &&
      `The raised minimum of the database costs up to $${capacityCostUsd.toFixed(2)} more until it is set back.`,
    endsAt !== null && outcome !== 'applied' && `Everything is set back at ${endsAt}.`,
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
