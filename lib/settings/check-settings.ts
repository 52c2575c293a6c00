import { checkValue } from '../props/check-value.ts';
import { OPTION_GROUPS, OPTION_SPECS, type ProcessorOptions } from '../props/processor-options.ts';
import { checkOptions, unknownNames } from '../props/resolve-options.ts';
import { DEPLOYMENT_SPECS, SETTING_NAMES, type StageSettings } from './stage-settings.ts';

/**
 * Checks the settings of one processor, all of them: names, values, and each against the others.
 *
 * @param settings from a stage, a test, or any caller
 * @param now for times that must not be in the future
 * @returns every problem, one sentence each
 */
export function checkSettings(settings: StageSettings, now: Date = new Date()): readonly string[] {
  const options = checkOptions(optionsOf(settings), {
    isTemporary: settings.removalPolicy === 'destroy',
    hasPageTopic: settings.existingPageTopicArn !== undefined,
    hasCluster: settings.existingClusterArn !== undefined,
    now,
  });
  return [...unknownSettings(settings), ...checkDeployment(settings), ...options.problems, ...checkPairs(settings)];
}

/** Refuses names that are no settings, and says which one may be meant. */
export function unknownSettings(given: object): readonly string[] {
  return unknownNames(given, SETTING_NAMES, { what: 'a setting', hint: '; see docs/configuration.md' });
}

/** The options among the settings, by group. */
export function optionsOf(settings: StageSettings): ProcessorOptions {
  const pick = (names: readonly string[]): object =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)));
  return Object.fromEntries(OPTION_GROUPS.map((group) => [group, pick(Object.keys(OPTION_SPECS[group]))]));
}

function checkDeployment(settings: StageSettings): readonly string[] {
  return Object.entries(DEPLOYMENT_SPECS).flatMap(([name, spec]) => {
    const value: unknown = settings[name as keyof typeof DEPLOYMENT_SPECS];
    if (value === undefined) return name === 'functionName' ? ['`functionName` must be set, got nothing'] : [];
    return checkValue(name, spec, value) ?? [];
  });
}

/** What is there already and what belongs to it come together. */
function checkPairs(settings: StageSettings): readonly string[] {
  const { existingStreamArn, existingStreamKeyArn } = settings;
  const { existingClusterArn, existingClusterSecretArn, existingClusterSecretKeyArn } = settings;
  const problems = [
    existingStreamKeyArn !== undefined &&
      existingStreamArn === undefined &&
      '`existingStreamKeyArn` must come with `existingStreamArn`, got it alone',
    (existingClusterArn === undefined) !== (existingClusterSecretArn === undefined) &&
      '`existingClusterArn` and `existingClusterSecretArn` must be set together, got only one of them',
    existingClusterSecretKeyArn !== undefined &&
      existingClusterSecretArn === undefined &&
      '`existingClusterSecretKeyArn` must come with `existingClusterSecretArn`, got it alone',
    existingStreamArn !== undefined &&
      settings.logDestinationArn === existingStreamArn &&
      '`logDestinationArn` must not be `existingStreamArn`: each log line would be an event, which makes further lines',
  ];
  return problems.filter((problem) => problem !== false);
}
