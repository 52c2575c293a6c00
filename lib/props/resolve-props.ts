import { Duration } from 'aws-cdk-lib';
import { checkValue } from './check-value.ts';
import { crossCheck } from './cross-check.ts';
import type { EventProcessorProps, PropName } from './event-processor-props.ts';
import { nearestName } from './nearest-name.ts';
import type { PropSpec } from './prop-spec.ts';
import { PROP_SPECS } from './prop-specs.ts';
import { PropsError } from './props-error.ts';

/** Props that stay undefined when they are not set; all others have a default. */
type WithoutDefault =
  | 'existingStreamArn'
  | 'existingStreamKeyArn'
  | 'partitionKeyCount'
  | 'startingPositionTimestamp'
  | 'maxRecordAge'
  | 'reservedConcurrency'
  | 'existingClusterArn'
  | 'existingClusterSecretArn'
  | 'existingClusterSecretKeyArn'
  | 'existingPageTopicArn';

/** All settings with their defaults filled in. */
export type ResolvedProps = Required<Omit<EventProcessorProps, WithoutDefault>> &
  Readonly<{ [K in WithoutDefault]: EventProcessorProps[K] | undefined }>;

/** Settings that can be deployed, and what is worth a thought about them. */
export interface Resolution {
  readonly props: ResolvedProps;
  /** One sentence each; keyed by a short id, under which a warning can be acknowledged. */
  readonly warnings: Readonly<Record<string, string>>;
}

const HOUR = 3_600;

/** The longest that Lambda knows. */
const MAX_RECORD_AGE_SECONDS = 7 * 24 * HOUR;

/** Names of all props. */
export const PROP_NAMES = Object.keys(PROP_SPECS) as readonly PropName[];

/**
 * Checks settings one by one and against each other, and fills in the defaults.
 *
 * @param props from a stage, a test, or any caller; unknown names are refused
 * @param now for times that must not be in the future
 * @throws {@link PropsError} with every problem at once
 */
export function resolveProps(props: EventProcessorProps, now: Date = new Date()): Resolution {
  const problems = [...checkNames(props), ...checkValues(props)];
  // A value out of its range would only make the other checks guess.
  const broken = new Set(PROP_NAMES.filter((name) => problems.some((text) => text.startsWith(`\`${name}\``))));
  const resolved = withDefaults(props, broken);
  const { errors, warnings } = crossCheck(resolved, { broken, now });
  if (problems.length + errors.length > 0) throw new PropsError([...problems, ...errors]);
  return { props: resolved, warnings };
}

/** Refuses names that are no props, and says which one may be meant. */
export function checkNames(props: object): readonly string[] {
  return Object.keys(props)
    .filter((name) => !Object.hasOwn(PROP_SPECS, name))
    .map((name) => {
      const nearest = nearestName(name, PROP_NAMES);
      return `\`${name}\` is not a setting${nearest === undefined ? '; see docs/configuration.md' : `; did you mean \`${nearest}\`?`}`;
    });
}

function checkValues(props: EventProcessorProps): readonly string[] {
  return PROP_NAMES.flatMap((name) => {
    const value = props[name];
    if (value === undefined) return name === 'functionName' ? ['`functionName` must be set, got nothing'] : [];
    return checkValue(name, PROP_SPECS[name], value) ?? [];
  });
}

function withDefaults(props: EventProcessorProps, broken: ReadonlySet<PropName>): ResolvedProps {
  const values = PROP_NAMES.map((name) => {
    const value = broken.has(name) ? undefined : props[name];
    return [name, value ?? defaultOf(PROP_SPECS[name])] as const;
  });
  const resolved = Object.fromEntries(values) as unknown as ResolvedProps;
  return Object.freeze({ ...resolved, maxRecordAge: resolved.maxRecordAge ?? defaultMaxRecordAge(resolved) });
}

function defaultOf(spec: PropSpec): unknown {
  if (spec.kind === 'list') return [];
  if (spec.kind !== 'duration') return spec.fallback;
  return spec.fallbackSeconds === undefined ? undefined : Duration.seconds(spec.fallbackSeconds);
}

/** Without a destination there is nothing to save a record to before the stream forgets it. */
function defaultMaxRecordAge({ onFailureDestination, streamRetention }: ResolvedProps): Duration | undefined {
  if (!onFailureDestination) return undefined;
  if (streamRetention.isUnresolved()) return Duration.seconds(MAX_RECORD_AGE_SECONDS);
  return Duration.seconds(Math.min(streamRetention.toSeconds() - 12 * HOUR, MAX_RECORD_AGE_SECONDS));
}
