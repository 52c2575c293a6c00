import { Duration, Token } from 'aws-cdk-lib';
import { LAMBDA_MAX_PAYLOAD_BYTES } from '../../contract/limits.ts';
import { checkValue } from './check-value.ts';
import { formatSeconds } from './duration-text.ts';
import type { EventProcessorProps, PropName } from './event-processor-props.ts';
import { nearestName } from '../../contract/nearest-name.ts';
import { PROP_SPECS, type PropSpec, type PropWithoutDefault } from './prop-specs.ts';
import { PropsError } from './props-error.ts';

/** All settings with their defaults filled in. */
export type ResolvedProps = Required<Omit<EventProcessorProps, PropWithoutDefault>> &
  Readonly<{ [K in PropWithoutDefault]: EventProcessorProps[K] | undefined }>;

/** Settings that can be deployed, and what is worth a thought about them. */
export interface Resolution {
  readonly props: ResolvedProps;
  /** One sentence each; keyed by a short id, under which a warning can be acknowledged. */
  readonly warnings: Readonly<Record<string, string>>;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** The longest that Lambda knows. */
const MAX_RECORD_AGE_SECONDS = 7 * DAY;

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
  const { errors, warnings } = crossCheck(resolved, broken, now);
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
  return spec.kind === 'duration' && spec.fallback !== undefined ? Duration.seconds(spec.fallback) : spec.fallback;
}

/** Without a destination there is nothing to save a record to before the stream forgets it. */
function defaultMaxRecordAge({ onFailureDestination, streamRetention }: ResolvedProps): Duration | undefined {
  if (!onFailureDestination) return undefined;
  if (streamRetention.isUnresolved()) return Duration.seconds(MAX_RECORD_AGE_SECONDS);
  return Duration.seconds(Math.min(streamRetention.toSeconds() - 12 * HOUR, MAX_RECORD_AGE_SECONDS));
}

/** What must be true between settings. */
interface Rule {
  /** Props it looks at; with one of them broken or known only at deploy time it is not applied. */
  readonly on: readonly PropName[];
  /** Set for a warning, under which it can be acknowledged. */
  readonly warning?: string;
  /** The problem, or undefined. */
  readonly check: (props: ResolvedProps, now: Date) => string | false;
}

/** Events that a write takes in a second when the database is having a bad day; it measures forty times that. */
const SLOW_EVENTS_PER_SECOND = 1_000;

/** JSON around each record of an invocation: sequence number, partition key, times, ARNs. */
const ENVELOPE_BYTES = 350;

const RULES: readonly Rule[] = [
  {
    on: ['maxRecordAge', 'streamRetention'],
    check: ({ maxRecordAge, streamRetention }) =>
      maxRecordAge !== undefined &&
      maxRecordAge.toSeconds() > streamRetention.toSeconds() &&
      `\`maxRecordAge\` must be at most \`streamRetention\` (${text(streamRetention)}), got ${text(maxRecordAge)}; ` +
        'records would be gone before they are given up, and no copy kept',
  },
  {
    on: ['ledgerRetention', 'streamRetention'],
    check: ({ ledgerRetention, streamRetention }) =>
      ledgerRetention.toSeconds() < streamRetention.toSeconds() + DAY &&
      `\`ledgerRetention\` must be at least a day longer than \`streamRetention\` (${text(streamRetention)}), ` +
        `got ${text(ledgerRetention)}; a late delivery would count twice`,
  },
  {
    on: ['batchLogRetention', 'streamRetention'],
    check: ({ batchLogRetention, streamRetention }) =>
      batchLogRetention.toSeconds() < streamRetention.toSeconds() + DAY &&
      `\`batchLogRetention\` must be at least a day longer than \`streamRetention\` (${text(streamRetention)}), ` +
        `got ${text(batchLogRetention)}; the watchdog would take committed records for a backlog`,
  },
  {
    on: ['pageWhenBehind', 'streamRetention', 'pageWhenRetentionUsedPercent'],
    check: ({ pageWhenBehind, streamRetention, pageWhenRetentionUsedPercent: percent }) =>
      pageWhenBehind.toSeconds() >= (streamRetention.toSeconds() * percent) / 100 &&
      `\`pageWhenBehind\` must be less than \`pageWhenRetentionUsedPercent\` of \`streamRetention\` (${percent} % of ` +
        `${text(streamRetention)}), got ${text(pageWhenBehind)}; the first page would come with the last warning`,
  },
  {
    on: ['reservedConcurrency', 'shardCount', 'parallelizationFactor'],
    check: ({ reservedConcurrency = Infinity, shardCount, parallelizationFactor }) =>
      reservedConcurrency < shardCount * parallelizationFactor &&
      `\`reservedConcurrency\` must be at least \`shardCount\` × \`parallelizationFactor\` ` +
        `(${shardCount * parallelizationFactor}), got ${reservedConcurrency}; the rest would be throttled`,
  },
  {
    on: ['timeout', 'batchSize', 'timeReserve'],
    check: ({ timeout, batchSize, timeReserve }) => {
      const needed = Math.ceil((2 * batchSize) / SLOW_EVENTS_PER_SECOND) + timeReserve.toSeconds();
      return (
        timeout.toSeconds() < needed &&
        `\`timeout\` must be at least ${needed}s for \`batchSize\` ${batchSize} (two tries at ${SLOW_EVENTS_PER_SECOND} ` +
          `events/s and \`timeReserve\`), got ${text(timeout)}`
      );
    },
  },
  {
    on: ['onFailureDestination', 'retryAttempts', 'maxRecordAge'],
    check: ({ onFailureDestination, retryAttempts, maxRecordAge }) =>
      !onFailureDestination &&
      (retryAttempts >= 0 || maxRecordAge !== undefined) &&
      '`onFailureDestination` must be true when `retryAttempts` or `maxRecordAge` is set, got false; records that are ' +
        'given up would be lost without a trace',
  },
  {
    on: ['reportBatchItemFailures'],
    check: ({ reportBatchItemFailures }) =>
      !reportBatchItemFailures &&
      '`reportBatchItemFailures` must be true, got false; Lambda would take records that the function holds for done',
  },
  {
    on: ['startingPosition', 'startingPositionTimestamp'],
    check: ({ startingPosition, startingPositionTimestamp }) =>
      (startingPosition === 'AT_TIMESTAMP') !== (startingPositionTimestamp !== undefined) &&
      '`startingPositionTimestamp` must be set with `startingPosition` AT_TIMESTAMP, and only then, ' +
        `got ${startingPosition} and ${startingPositionTimestamp ?? 'nothing'}`,
  },
  {
    on: ['startingPositionTimestamp'],
    check: ({ startingPositionTimestamp: time }, now) =>
      time !== undefined &&
      Date.parse(time) > now.getTime() &&
      `\`startingPositionTimestamp\` must not be in the future, got ${time}`,
  },
  {
    on: ['existingStreamKeyArn', 'existingStreamArn'],
    check: ({ existingStreamArn, existingStreamKeyArn }) =>
      existingStreamKeyArn !== undefined &&
      existingStreamArn === undefined &&
      '`existingStreamKeyArn` must come with `existingStreamArn`, got it alone',
  },
  {
    on: ['existingClusterArn', 'existingClusterSecretArn'],
    check: ({ existingClusterArn, existingClusterSecretArn }) =>
      (existingClusterArn === undefined) !== (existingClusterSecretArn === undefined) &&
      '`existingClusterArn` and `existingClusterSecretArn` must be set together, got only one of them',
  },
  {
    on: ['existingClusterSecretKeyArn', 'existingClusterSecretArn'],
    check: ({ existingClusterSecretArn, existingClusterSecretKeyArn }) =>
      existingClusterSecretKeyArn !== undefined &&
      existingClusterSecretArn === undefined &&
      '`existingClusterSecretKeyArn` must come with `existingClusterSecretArn`, got it alone',
  },
  {
    on: ['databaseMinCapacity', 'databaseMaxCapacity'],
    check: ({ databaseMinCapacity, databaseMaxCapacity }) =>
      databaseMinCapacity > databaseMaxCapacity &&
      `\`databaseMinCapacity\` must be at most \`databaseMaxCapacity\` (${databaseMaxCapacity}), ` +
        `got ${databaseMinCapacity}`,
  },
  {
    on: ['removalPolicy', 'pageEmails', 'pageHttpsEndpoints', 'existingPageTopicArn'],
    check: (props) =>
      props.removalPolicy === 'retain' &&
      props.pageEmails.length + props.pageHttpsEndpoints.length === 0 &&
      props.existingPageTopicArn === undefined &&
      '`pageHttpsEndpoints`, `pageEmails` or `existingPageTopicArn` must be set, got none; nobody would be paged ' +
        '(only a stage with `removalPolicy` destroy may do without)',
  },
  {
    on: ['batchSize', 'averageRecordBytes'],
    warning: 'payload',
    check: ({ batchSize, averageRecordBytes }) => {
      const bytes = Math.ceil((averageRecordBytes * 4) / 3) + ENVELOPE_BYTES;
      return (
        batchSize * bytes > LAMBDA_MAX_PAYLOAD_BYTES &&
        `\`batchSize\` ${batchSize} with records of ${averageRecordBytes} bytes is over the 6 MB of an invocation; ` +
          `batches will hold about ${Math.floor(LAMBDA_MAX_PAYLOAD_BYTES / bytes)} records`
      );
    },
  },
  {
    on: ['parallelizationFactor', 'partitionKeyCount', 'shardCount'],
    warning: 'partition-keys',
    check: ({ parallelizationFactor, partitionKeyCount = Infinity, shardCount }) =>
      parallelizationFactor > 1 &&
      partitionKeyCount < shardCount * parallelizationFactor &&
      `\`parallelizationFactor\` ${parallelizationFactor} cannot help: ${partitionKeyCount} partition keys cannot ` +
        `fill ${shardCount * parallelizationFactor} lanes`,
  },
  {
    on: ['retryAttempts'],
    warning: 'retries',
    check: ({ retryAttempts }) =>
      retryAttempts >= 0 &&
      `\`retryAttempts\` ${retryAttempts} counts deliveries during a database outage too; a longer outage sends good ` +
        'batches to the on-failure destination',
  },
  {
    on: ['filterPatterns'],
    warning: 'filters',
    check: ({ filterPatterns }) =>
      filterPatterns.length > 0 &&
      '`filterPatterns` skip records that the watchdog cannot tell from a backlog: it pages when nothing matches for ' +
        'longer than `pageWhenBehind`',
  },
  {
    on: ['databaseMinCapacity', 'existingClusterArn'],
    warning: 'auto-pause',
    check: ({ databaseMinCapacity, existingClusterArn }) =>
      databaseMinCapacity === 0 &&
      existingClusterArn === undefined &&
      '`databaseMinCapacity` 0 never pauses the database: the watchdog asks it every minute',
  },
];

/**
 * Applies every rule whose props are all known now.
 *
 * @param broken props whose own value is a problem already: what leans on them is not checked
 */
function crossCheck(
  props: ResolvedProps,
  broken: ReadonlySet<PropName>,
  now: Date,
): Pick<Resolution, 'warnings'> & { readonly errors: readonly string[] } {
  const errors: string[] = [];
  const warnings: Record<string, string> = {};
  for (const { on, warning, check } of RULES) {
    if (on.some((name) => broken.has(name) || isUnknown(props[name]))) continue;
    const problem = check(props, now);
    if (problem === false) continue;
    if (warning === undefined) errors.push(problem);
    else warnings[warning] = problem;
  }
  return { errors, warnings };
}

/** Known only at deploy time; the ARN rules ask only whether one is set, which a token is. */
function isUnknown(value: unknown): boolean {
  if (value instanceof Duration) return value.isUnresolved();
  return typeof value === 'number' && Token.isUnresolved(value);
}

function text(duration: Duration): string {
  return formatSeconds(duration.toSeconds());
}
