import { Duration, Token } from 'aws-cdk-lib';
import { nearestName } from '../../contract/nearest-name.ts';
import { checkValue } from './check-value.ts';
import { OPTION_RULES, type Surroundings } from './option-rules.ts';
import { DAY, HOUR, type OptionSpec } from './option-spec.ts';
import {
  OPTION_GROUPS,
  OPTION_SPECS,
  type FlatOptions,
  type OptionGroup,
  type OptionName,
  type ProcessorOptions,
  type ResolvedOptions,
} from './processor-options.ts';
import { PropsError } from './props-error.ts';

/** Options that were checked. */
export interface OptionCheck {
  readonly options: ResolvedOptions;
  /** Why they cannot be deployed, one sentence each. */
  readonly problems: readonly string[];
  /** One sentence each; keyed by a short id, under which a warning can be acknowledged. */
  readonly warnings: Readonly<Record<string, string>>;
}

/** The longest that Lambda knows. */
const MAX_RECORD_AGE_SECONDS = 7 * DAY;

/**
 * Checks options one by one and against each other, and fills in the defaults.
 *
 * @throws {@link PropsError} with every problem at once
 */
export function resolveOptions(given: ProcessorOptions, surroundings: Surroundings): Omit<OptionCheck, 'problems'> {
  const { problems, ...resolution } = checkOptions(given, surroundings);
  if (problems.length > 0) throw new PropsError(problems);
  return resolution;
}

/** The same for a caller with problems of its own to tell. */
export function checkOptions(given: ProcessorOptions, surroundings: Surroundings): OptionCheck {
  const values = OPTION_GROUPS.map((group) => ({ group, specs: specsOf(group), given: valuesOf(given[group]) }));
  const problems = [
    ...values.flatMap(({ group, specs, given: own }) =>
      unknownNames(own, Object.keys(specs), { what: `an option of \`${group}\`` }),
    ),
    ...values.flatMap(({ specs, given: own }) =>
      Object.entries(specs).flatMap(([name, spec]) =>
        own[name] === undefined ? [] : (checkValue(name, spec, own[name]) ?? []),
      ),
    ),
  ];
  // A value out of its range would only make the other checks guess.
  const broken = new Set(problems.flatMap((problem) => /^`(\w+)`/.exec(problem)?.[1] ?? []));
  const flat = withDefaults(values, broken);
  const { errors, warnings } = checkRules(flat, broken, surroundings);
  return { options: regroup(flat), problems: [...problems, ...errors], warnings };
}

/** Refuses names that are not known, and says which one may be meant. */
export function unknownNames(
  given: object,
  known: readonly string[],
  { what, hint = '' }: { readonly what: string; readonly hint?: string },
): readonly string[] {
  return Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      return `\`${name}\` is not ${what}${nearest === undefined ? hint : `; did you mean \`${nearest}\`?`}`;
    });
}

interface GivenGroup {
  readonly specs: Readonly<Record<string, OptionSpec>>;
  readonly given: Readonly<Record<string, unknown>>;
}

function specsOf(group: OptionGroup): Readonly<Record<string, OptionSpec>> {
  return OPTION_SPECS[group];
}

function valuesOf(group: object | undefined): Readonly<Record<string, unknown>> {
  return { ...group };
}

function withDefaults(groups: readonly GivenGroup[], broken: ReadonlySet<string>): FlatOptions {
  const values = groups.flatMap(({ specs, given }) =>
    Object.entries(specs).map(([name, spec]) => {
      const value = broken.has(name) ? undefined : given[name];
      return [name, value ?? defaultOf(spec)] as const;
    }),
  );
  const flat = Object.fromEntries(values) as unknown as FlatOptions;
  return Object.freeze({ ...flat, maxRecordAge: flat.maxRecordAge ?? defaultMaxRecordAge(flat) });
}

function defaultOf(spec: OptionSpec): unknown {
  if (spec.kind === 'list') return [];
  return spec.kind === 'duration' && spec.fallback !== undefined ? Duration.seconds(spec.fallback) : spec.fallback;
}

/** Without a destination there is nothing to save a record to before the stream forgets it. */
function defaultMaxRecordAge({ onFailureDestination, streamRetention }: FlatOptions): Duration | undefined {
  if (!onFailureDestination) return undefined;
  if (streamRetention.isUnresolved()) return Duration.seconds(MAX_RECORD_AGE_SECONDS);
  return Duration.seconds(Math.min(streamRetention.toSeconds() - 12 * HOUR, MAX_RECORD_AGE_SECONDS));
}

function regroup(flat: FlatOptions): ResolvedOptions {
  const pick = (group: OptionGroup): object =>
    Object.fromEntries(Object.keys(OPTION_SPECS[group]).map((name) => [name, flat[name as OptionName]]));
  return Object.fromEntries(OPTION_GROUPS.map((group) => [group, pick(group)])) as unknown as ResolvedOptions;
}

/**
 * Applies every rule whose options are all known now.
 *
 * @param broken options whose own value is a problem already: what leans on them is not checked
 */
function checkRules(
  flat: FlatOptions,
  broken: ReadonlySet<string>,
  surroundings: Surroundings,
): Pick<OptionCheck, 'warnings'> & { readonly errors: readonly string[] } {
  const errors: string[] = [];
  const warnings: Record<string, string> = {};
  for (const { on, warning, check } of OPTION_RULES) {
    if (on.some((name) => broken.has(name) || isUnknown(flat[name]))) continue;
    const problem = check(flat, surroundings);
    if (problem === false) continue;
    if (warning === undefined) errors.push(problem);
    else warnings[warning] = problem;
  }
  return { errors, warnings };
}

/** Known only at deploy time. */
function isUnknown(value: unknown): boolean {
  if (value instanceof Duration) return value.isUnresolved();
  return typeof value === 'number' && Token.isUnresolved(value);
}
