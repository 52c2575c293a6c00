import { parseDuration } from '../props/duration-text.ts';
import type { EventProcessorProps, PropName } from '../props/event-processor-props.ts';
import { nearestName } from '../../contract/nearest-name.ts';
import type { PropSpec } from '../props/prop-specs.ts';
import { PROP_SPECS } from '../props/prop-specs.ts';
import { PropsError } from '../props/props-error.ts';
import { checkNames } from '../props/resolve-props.ts';
import { DEFAULT_STAGE, STAGES } from './stages.ts';

/** A stage and its settings, with what the command line replaced. */
export interface Settings {
  readonly stage: string;
  readonly props: EventProcessorProps;
}

/**
 * Makes the settings of a deployment from CDK context: `stage`, and any prop by its name. Keys of the CDK itself,
 * which have a `:` or a `/` in them, are left alone.
 *
 * @param context what `cdk.json` and `-c` say
 * @throws {@link PropsError} when the stage or a name is unknown, with all of them
 */
export function readSettings(context: Readonly<Record<string, unknown>>): Settings {
  const { stage = DEFAULT_STAGE, ...rest } = context;
  const overrides = Object.entries(rest).filter(([name]) => !/[:/]/.test(name));
  const problems = [...checkStage(stage), ...checkNames(Object.fromEntries(overrides))];
  if (problems.length > 0) throw new PropsError(problems);
  const parsed = overrides.map(([name, value]) => [name, parseOverride(name as PropName, value)]);
  const name = stage as keyof typeof STAGES;
  return { stage: name, props: { ...STAGES[name], ...(Object.fromEntries(parsed) as object) } };
}

function checkStage(stage: unknown): readonly string[] {
  if (typeof stage === 'string' && Object.hasOwn(STAGES, stage)) return [];
  const known = Object.keys(STAGES);
  const nearest = nearestName(String(stage), known);
  const hint = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
  return [`\`stage\` must be one of ${known.join(', ')} (lib/settings/stages.ts), got ${JSON.stringify(stage)}${hint}`];
}

/** Text as it comes from the command line, in the type of the prop; what does not fit is left for the check to tell. */
function parseOverride(name: PropName, value: unknown): unknown {
  return typeof value === 'string' ? (parseText(PROP_SPECS[name], value) ?? value) : value;
}

function parseText(spec: PropSpec, text: string): unknown {
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
