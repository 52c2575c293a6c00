import type { Option } from 'commander';
import { integerOption } from '../../command-line/integer-option.ts';
import { durationOption, numberOption } from '../../command-line/quantity-options.ts';
import { BATCH_SIZE, MAX_BATCHING_WINDOW_SECONDS, PARALLELIZATION_FACTOR } from '../../contract/limits.ts';
import { spreadLoad, type PlanInput, type ShardLoad } from '../../planner/plan-input.ts';

const DAY = 86_400;

/** A figure that a plan is made from: its option, and what is taken without it. */
interface FigureSpec {
  readonly flags: string;
  readonly says: string;
  readonly kind: 'integer' | 'number' | 'duration';
  readonly min: number;
  readonly max: number;
  /** Undefined for what has to be said, and for what follows from the others. */
  readonly fallback?: number;
}

const integer = (min: number, max: number, fallback?: number) => rangeOf('integer', [min, max], fallback);
const number = (min: number, max: number, fallback?: number) => rangeOf('number', [min, max], fallback);
const duration = (min: number, max: number, fallback?: number) => rangeOf('duration', [min, max], fallback);

function rangeOf(
  kind: FigureSpec['kind'],
  [min, max]: readonly [number, number],
  fallback?: number,
): Omit<FigureSpec, 'flags' | 'says'> {
  return { kind, min, max, ...(fallback !== undefined && { fallback }) };
}

/** All figures, by the member that commander keeps their option under; the order is that of `--help`. */
export const FIGURES = {
  arrivalRate: { flags: '--arrival-rate <n>', says: 'records per second that keep arriving', ...number(0, 1e9) },
  backlogAge: {
    flags: '--backlog-age <time>',
    says: 'age of the oldest unprocessed record',
    ...duration(0, 365 * DAY, 0),
  },
  backlogRecords: {
    flags: '--backlog-records <n>',
    says: 'unprocessed records; by default, arrival rate times backlog age',
    ...integer(0, 1e15),
  },
  shards: { flags: '--shards <n>', says: 'open shards', ...integer(1, 20_000, 1) },
  shardSkew: {
    flags: '--shard-skew <ratio>',
    says: 'records in the busiest shard, as a multiple of the average shard',
    ...number(1, 20_000, 1),
  },
  partitionKeys: {
    flags: '--partition-keys <n>',
    says: 'distinct partition keys, by default 1,000 a shard',
    ...integer(1, 1e12),
  },
  busiestKeyPercent: {
    flags: '--busiest-key-percent <n>',
    says: 'percentage of records with the busiest key; 0 if keys are equally busy',
    ...number(0, 100, 0),
  },
  recordBytes: {
    flags: '--record-bytes <n>',
    says: "bytes of a record's data and partition key",
    ...integer(1, 10 * 1024 * 1024, 1_000),
  },
  batchSize: {
    flags: '--batch-size <n>',
    says: 'records per invocation',
    ...integer(BATCH_SIZE.min, BATCH_SIZE.max, 1_000),
  },
  parallelizationFactor: {
    flags: '--parallelization-factor <n>',
    says: 'batches in flight per shard',
    ...integer(PARALLELIZATION_FACTOR.min, PARALLELIZATION_FACTOR.max, 1),
  },
  maxBatchingWindow: {
    flags: '--max-batching-window <time>',
    says: 'longest wait for a full batch',
    ...duration(MAX_BATCHING_WINDOW_SECONDS.min, MAX_BATCHING_WINDOW_SECONDS.max, 1),
  },
  concurrency: {
    flags: '--concurrency <n>',
    says: 'concurrent invocations: reserved concurrency, or what the account has left',
    ...integer(1, 1_000_000, 900),
  },
  memoryMb: { flags: '--memory-mb <n>', says: 'memory of the function', ...integer(128, 10_240, 1_024) },
  dataApiLatencyMs: {
    flags: '--data-api-latency-ms <n>',
    says: 'milliseconds of a Data API call, without the time of its statement',
    ...number(0, 45_000, 17),
  },
  callsPerBatch: {
    flags: '--calls-per-batch <n>',
    says: 'Data API calls of a batch: 1 with a warm cache, 2 without',
    ...integer(1, 1_000, 1),
  },
  callsPerRecord: {
    flags: '--calls-per-record <n>',
    says: 'Data API calls per record, for code that handles records one by one',
    ...number(0, 1_000, 0),
  },
  batchOverheadMs: {
    flags: '--batch-overhead-ms <n>',
    says: 'fixed milliseconds per batch, on top of calls and records',
    ...number(0, 900_000, 7),
  },
  recordMicroseconds: {
    flags: '--record-microseconds <n>',
    says: 'microseconds that a record adds to its batch',
    ...number(0, 60_000_000, 22),
  },
  p90Ratio: {
    flags: '--p90-ratio <ratio>',
    says: '90th percentile of the batch time, as a multiple of the median',
    ...number(1, 100, 1.3),
  },
  minAcu: { flags: '--min-acu <n>', says: 'minimum capacity of the cluster', ...number(0, 256, 0.5) },
  maxAcu: { flags: '--max-acu <n>', says: 'maximum capacity of the cluster', ...number(0.5, 256, 8) },
  acuNow: { flags: '--acu-now <n>', says: 'capacity of the cluster now; by default, the minimum', ...number(0, 256) },
  acuOfOthers: { flags: '--acu-of-others <n>', says: 'capacity that other clients use', ...number(0, 256, 0) },
  recordsPerAcuSecond: {
    flags: '--records-per-acu-second <n>',
    says: 'records that one ACU writes in a second',
    ...number(1, 1e9, 10_000),
  },
  requestBytesPerRecord: {
    flags: '--request-bytes-per-record <n>',
    says: 'bytes of a record in a Data API request; by default, record bytes + 60',
    ...number(1, 4 * 1024 * 1024),
  },
  otherReaders: { flags: '--other-readers <n>', says: 'other consumers that share the shards', ...integer(0, 100, 0) },
  coldStartMs: {
    flags: '--cold-start-ms <n>',
    says: 'extra milliseconds of the first invocation of an environment',
    ...number(0, 600_000, 500),
  },
  retention: {
    flags: '--retention <time>',
    says: 'how long the stream keeps records',
    ...duration(DAY, 365 * DAY, 7 * DAY),
  },
} as const satisfies Record<string, FigureSpec>;

/** Figures that are known, by name. Durations are in seconds. */
export type PlanFigures = Partial<Record<keyof typeof FIGURES, number>>;

/** What is either so or not. */
export interface PlanSwitches {
  readonly enhancedFanOut: boolean;
  readonly onDemand: boolean;
}

/** The option of a figure; what is taken without it is in its text, since other sources come before that. */
export function figureOption(spec: FigureSpec): Option {
  const { flags, says, kind, fallback } = spec;
  const shown = fallback === undefined ? says : `${says} (default: ${describeFallback(kind, fallback)})`;
  if (kind === 'integer') return integerOption(flags, shown, spec);
  return kind === 'duration' ? durationOption(flags, shown, spec) : numberOption(flags, shown, spec);
}

function describeFallback(kind: FigureSpec['kind'], value: number): string {
  if (kind !== 'duration') return value.toLocaleString('en-US');
  return value % DAY === 0 && value > 0 ? `${value / DAY}d` : `${value}s`;
}

/** What is found out about a stack or by measuring, beside figures. */
export interface KnownFacts {
  /** Takes the place of what would be spread evenly. */
  readonly shardLoads?: readonly ShardLoad[];
  /** Why no time can be told. */
  readonly obstacle?: string | undefined;
}

/** A figure, or what is taken without it. */
function figureOf(figures: PlanFigures, name: keyof PlanFigures): number {
  const { fallback = 0 }: FigureSpec = FIGURES[name];
  return figures[name] ?? fallback;
}

/** Puts figures into the form of the planner; what is not known is taken from the defaults. */
export function toPlanInput(figures: PlanFigures, switches: PlanSwitches, known: KnownFacts = {}): PlanInput {
  const get = (name: keyof PlanFigures): number => figureOf(figures, name);
  return {
    shards: known.shardLoads ?? spreadFigures(figures),
    settings: {
      batchSize: get('batchSize'),
      parallelizationFactor: get('parallelizationFactor'),
      maxBatchingWindowSeconds: get('maxBatchingWindow'),
      concurrency: get('concurrency'),
      minAcu: get('minAcu'),
      maxAcu: get('maxAcu'),
      memoryMb: get('memoryMb'),
      enhancedFanOut: switches.enhancedFanOut,
    },
    workload: {
      recordBytes: get('recordBytes'),
      requestBytesPerRecord: figures.requestBytesPerRecord ?? get('recordBytes') + LEDGER_BYTES,
      callLatencyMs: get('dataApiLatencyMs'),
      callsPerBatch: get('callsPerBatch'),
      callsPerRecord: get('callsPerRecord'),
      batchOverheadMs: get('batchOverheadMs'),
      recordMicroseconds: get('recordMicroseconds'),
      p90Ratio: get('p90Ratio'),
      recordsPerAcuSecond: get('recordsPerAcuSecond'),
      acuNow: figures.acuNow ?? get('minAcu'),
      acuOfOthers: get('acuOfOthers'),
      otherReaders: get('otherReaders'),
      coldStartMs: get('coldStartMs'),
      retentionSeconds: get('retention'),
      streamMode: switches.onDemand ? 'on-demand' : 'provisioned',
    },
    obstacle: known.obstacle,
  };
}

/** What a record has in a request beside what is in it: its id in the ledger, names and quotes. */
const LEDGER_BYTES = 60;

const KEYS_PER_SHARD = 1_000;

function spreadFigures(figures: PlanFigures): readonly ShardLoad[] {
  const get = (name: keyof PlanFigures): number => figureOf(figures, name);
  const shards = get('shards');
  return spreadLoad({
    shards,
    arrivalRate: get('arrivalRate'),
    backlogAgeSeconds: get('backlogAge'),
    backlogRecords: figures.backlogRecords,
    partitionKeys: figures.partitionKeys ?? KEYS_PER_SHARD * shards,
    shardSkew: get('shardSkew'),
    busiestKeyShare: get('busiestKeyPercent') / 100,
  });
}

/** What is wrong with figures that are fine one by one. */
export function figureProblems(figures: PlanFigures): string[] {
  const get = (name: keyof PlanFigures): number => figureOf(figures, name);
  const [least, most] = [get('minAcu'), get('maxAcu')];
  const [skew, shards] = [get('shardSkew'), get('shards')];
  const { acuNow } = figures;
  return [
    ...(least > most ? [`\`--min-acu\` must be at most \`--max-acu\`, got ${least} and ${most}`] : []),
    ...(acuNow !== undefined && acuNow > most
      ? [`\`--acu-now\` must be at most \`--max-acu\`, got ${acuNow} and ${most}`]
      : []),
    ...(get('acuOfOthers') >= most
      ? [`\`--acu-of-others\` must be below \`--max-acu\`, got ${get('acuOfOthers')} and ${most}`]
      : []),
    ...(skew > shards ? [`\`--shard-skew\` must be at most the number of shards, got ${skew} and ${shards}`] : []),
  ];
}
