import { Duration } from 'aws-cdk-lib';
import { parseSeconds } from '../../contract/duration-text.ts';
import { nearestName } from '../../contract/nearest-name.ts';
import type { OptionSpec } from '../props/option-spec.ts';
import { PropsError } from '../props/props-error.ts';
import { unknownSettings } from './check-settings.ts';
import { LIVE_CHANGES, REPLACEMENTS } from './live-changes.ts';
import { SETTING_SPECS, type SettingName, type StageSettings } from './stage-settings.ts';
import { DEFAULT_STAGE, STAGES } from './stages.ts';

/** A stage and the settings of each of its processors, with what the command line replaced. */
export interface Stage {
  readonly stage: string;
  readonly processors: readonly StageSettings[];
}

/** Stages by name, each with its processors. */
export type Stages = Readonly<Record<string, readonly StageSettings[]>>;

/**
 * Makes the settings of a deployment from CDK context: `stage`, and any setting by its name. `allowReplacement` is for
 * the comparison with what is deployed, and lets settings through that replace a mapping, a stream or a cluster. Keys of
 * the CDK itself, which have a `:` or a `/` in them, are left alone.
 *
 * @param context what `cdk.json` and `-c` say
 * @param stages all there are
 * @throws {@link PropsError} when the stage or a name is unknown, or two processors have one name, with all of them
 */
export function readSettings(context: Readonly<Record<string, unknown>>, stages: Stages = STAGES): Stage {
  const { stage = DEFAULT_STAGE, allowReplacement, ...rest } = context;
  const overrides = Object.entries(rest).filter(([name]) => !/[:/]/.test(name));
  const listed = typeof stage === 'string' && Object.hasOwn(stages, stage) ? stages[stage] : undefined;
  const problems = [
    ...(listed === undefined ? [unknownStage(stage, Object.keys(stages))] : sharedNames(listed, rest)),
    ...unknownSettings(Object.fromEntries(overrides)),
    ...(allowReplacement === undefined
      ? overrides.flatMap(([name, value]) => changesLightly(name, value, listed))
      : []),
  ];
  if (problems.length > 0) throw new PropsError(problems);
  const parsed = overrides.map(([name, value]) => [name, parseOverride(name as SettingName, value)]);
  const replaced = Object.fromEntries(parsed) as object;
  return { stage: String(stage), processors: (listed ?? []).map((settings) => ({ ...settings, ...replaced })) };
}

/**
 * A mapping, a stream or a cluster would be replaced by one deployment, and replaced back by the next one, which does not
 * know of the option.
 */
function changesLightly(name: string, value: unknown, listed: readonly StageSettings[] = []): readonly string[] {
  if (!Object.hasOwn(LIVE_CHANGES, name)) return [];
  const setting = name as SettingName;
  const change = LIVE_CHANGES[setting];
  const section = REPLACEMENTS[change];
  const { [setting]: spec } = SETTING_SPECS;
  const fallback = 'fallback' in spec ? spec.fallback : undefined;
  const isAsListed = listed.every((settings) => String(settings[setting] ?? fallback) === String(value));
  if (section === undefined || isAsListed) return [];
  return [
    `\`${name}\` must not be overridden on the command line: on a deployed stack it means another ${change}, and ` +
      `the next deployment without it yet another. Set it in lib/settings/stages.ts; ${section} says how to keep data ` +
      'and position. To do it anyway, add `-c allowReplacement=LOGICAL_ID`, with the id that `npm run diff` names',
  ];
}

function unknownStage(stage: unknown, known: readonly string[]): string {
  const nearest = nearestName(String(stage), known);
  const hint = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
  return `\`stage\` must be one of ${known.join(', ')} (lib/settings/stages.ts), got ${JSON.stringify(stage)}${hint}`;
}

/** The name of a stack is made of the function and the stage, so each processor of a stage needs a name of its own. */
function sharedNames(listed: readonly StageSettings[], replaced: object): readonly string[] {
  const names = listed.map(({ functionName }) => functionName);
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  const problems = twice.map(
    (name) => `\`functionName\` must differ between the processors of a stage, got "${name}" twice`,
  );
  if (names.length < 2 || !('functionName' in replaced)) return problems;
  return [
    ...problems,
    `\`functionName\` must not be overridden in a stage of ${names.length} processors; name the stack to deploy instead`,
  ];
}

/** Text as it comes from the command line, in the type of the prop; what does not fit is left for the check to tell. */
function parseOverride(name: SettingName, value: unknown): unknown {
  return typeof value === 'string' ? (parseText(SETTING_SPECS[name], value) ?? value) : value;
}

function parseText(spec: OptionSpec, text: string): unknown {
  switch (spec.kind) {
    case 'integer':
    case 'number':
      return parseNumber(text);
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : undefined);
    case 'duration':
      return parseDuration(text);
    case 'choice':
      return spec.values.find((candidate) => String(candidate) === text);
    case 'text':
      return text;
    case 'list':
      return splitList(text);
  }
}

function parseDuration(text: string): Duration | undefined {
  const seconds = parseSeconds(text);
  return seconds === undefined ? undefined : Duration.seconds(seconds);
}

function parseNumber(text: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** A JSON array, for items with commas in them, or items with commas between them. */
function splitList(text: string): unknown {
  if (!text.startsWith('[')) return text.split(',').filter((item) => item !== '');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
