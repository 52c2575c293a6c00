import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { RDSDataClient } from '@aws-sdk/client-rds-data';
import type { WatchdogEnvironment } from '../../contract/maintenance-environment.ts';
import type { Execute } from '../../data-api/execute.ts';
import { createPatientExecute } from '../../data-api/retry-transient.ts';
import { listShards } from '../../kinesis/list-shards.ts';
import { readRetentionHours } from '../../kinesis/describe-stream.ts';
import type { ShardSample, StackSample } from '../../progress/verdict.ts';
import { assessBacklog, type Assessment } from './assess-backlog.ts';
import { chooseShards } from './choose-shards.ts';
import { probeShards, type ShardMemory } from './probe-shards.ts';
import { readHeldPositions, type HeldPosition } from './read-held-positions.ts';
import { readPositions, type CommittedPositions } from './read-positions.ts';
import type { ShardPosition, ShardState } from './shard-state.ts';

/** What the runs of one execution environment know of earlier ones. */
export interface WatchMemory {
  /** What the database said last. */
  positions: CommittedPositions | undefined;
  /** What the database said last of positions that are held. */
  held: readonly HeldPosition[];
  readonly shards: Map<string, ShardMemory>;
  /** What the last runs saw, oldest first. */
  readonly samples: StackSample[];
}

/** Settings that the stream is watched by. */
export type WatchedStream = Pick<
  WatchdogEnvironment,
  | 'clusterArn'
  | 'secretArn'
  | 'database'
  | 'functionName'
  | 'streamArn'
  | 'startingPosition'
  | 'parallelizationFactor'
  | 'maxShards'
  | 'deliveryGapSeconds'
>;

/** What the watchdog looks at, and with what. */
export interface WatchOptions {
  readonly kinesis: KinesisClient;
  /** Must not retry by itself. */
  readonly dataApi: RDSDataClient;
  readonly environment: WatchedStream;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Kept between runs. @defaultValue nothing is known */
  readonly memory?: WatchMemory;
  /** Waits. @defaultValue the clock of this machine */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** What one run found. */
export interface WatchReport extends Assessment {
  readonly shards: number;
  /** Shards that were looked into; fewer than `shards` when there are more than one run may ask. */
  readonly shardsProbed: number;
  /** Positions that are held, the oldest record first. */
  readonly held: readonly HeldPosition[];
  /** Shards that could not be read, and why. */
  readonly unreadable: readonly { readonly shardId: string; readonly error: unknown }[];
  /** Why the positions are those that an earlier run read, or unknown; undefined when the database was read. */
  readonly positionsError: unknown;
}

/** A minute is what a run has, and the stream is asked after the database. */
const DATABASE_PATIENCE = { timeoutMs: 10_000, maxWaitMs: 20_000 } as const;

/** No shard is asked later than this after the begin of a run. */
const PROBE_UNTIL_MS = 40_000;

/** A memory of nothing. */
export function createWatchMemory(): WatchMemory {
  return { positions: undefined, held: [], shards: new Map(), samples: [] };
}

/** Statements of the watchdog: reads, which are repeated while the database is not ready. */
export function createWatchdogExecute(dataApi: RDSDataClient, environment: WatchedStream): Execute {
  return createPatientExecute({ client: dataApi, ...environment }, DATABASE_PATIENCE);
}

/**
 * Finds out how far behind the consumer is, without asking the consumer: what is committed comes from the database,
 * what is there from the stream. Without the database it goes on from the positions that it knows, which is the most
 * that can be uncommitted.
 *
 * @throws when the stream does not say which shards it has and how long it keeps records
 */
export async function watchStream(options: WatchOptions): Promise<WatchReport> {
  const { kinesis, environment, now, memory = createWatchMemory() } = options;
  const startedMs = now();
  const [retentionHours, shardIds] = await Promise.all([
    readRetentionHours(kinesis, environment.streamArn),
    listShards(kinesis, environment.streamArn),
  ]);
  const before = memory.positions;
  const positionsError = await refreshPositions(options, memory, shardIds);
  const positions = positionsOf(memory, shardIds);
  const chosen = chooseShards(positions, environment.maxShards, Math.floor(now() / 60_000));
  const retentionSeconds = retentionHours * 3600;
  const shards = await lookInto(chosen, { options, memory, retentionSeconds, startedMs });
  const { parallelizationFactor } = environment;
  const { held } = memory;
  const assessment = assessBacklog({ shards, held, nowMs: now(), retentionSeconds, parallelizationFactor });
  const sample = samplesOf(assessment, before, positionsError === undefined ? memory.positions : undefined);
  remember(memory, { atMs: now(), shards: sample });
  return {
    ...assessment,
    shards: shardIds.length,
    shardsProbed: chosen.length,
    held,
    unreadable: unreadableOf(shards),
    positionsError,
  };
}

interface Run {
  readonly options: WatchOptions;
  readonly memory: WatchMemory;
  readonly retentionSeconds: number;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
}

/** Where nothing was ever known to be committed, a record of the stream says nothing. */
async function lookInto(
  chosen: readonly ShardPosition[],
  { options, memory, retentionSeconds, startedMs }: Run,
): Promise<readonly ShardState[]> {
  if (memory.positions === undefined) return chosen.map(unknownShard);
  const { kinesis: client, environment, now, sleep } = options;
  const { streamArn, startingPosition } = environment;
  return probeShards(
    {
      client,
      streamArn,
      startingPosition,
      deployedAtMs: memory.positions.deployedAtMs,
      retentionMs: retentionSeconds * 1000,
      memory: memory.shards,
      deadlineMs: startedMs + PROBE_UNTIL_MS,
      now,
      sleep,
    },
    chosen,
  );
}

/**
 * What is judged by, beside the runs before. Without the database an age is the most that it can be, which says nothing
 * about how the consumer is.
 *
 * @param before positions of the run before
 * @param now positions of this run; undefined when they could not be read
 */
function samplesOf(
  { ages }: Assessment,
  before: CommittedPositions | undefined,
  now: CommittedPositions | undefined,
): readonly ShardSample[] {
  const [earlier, later] = [before, now].map((positions) => {
    const numbers = positions?.positions.map(
      ({ shardId, lastSequenceNumber }) => [shardId, lastSequenceNumber] as const,
    );
    return new Map(numbers);
  });
  return ages.map(({ shardId, ageSeconds }) => {
    const isKnown = earlier?.has(shardId) === true && later?.has(shardId) === true;
    return {
      shardId,
      ageSeconds: now === undefined ? undefined : ageSeconds,
      hasMoved: isKnown ? earlier.get(shardId) !== later.get(shardId) : undefined,
    };
  });
}

/** Runs that are judged together: an hour of them. */
const MAX_SAMPLES = 60;

function remember({ samples }: WatchMemory, sample: StackSample): void {
  samples.push(sample);
  if (samples.length > MAX_SAMPLES) samples.shift();
}

/** Reads the positions anew; what cannot be read stays as it was. */
async function refreshPositions(
  { dataApi, environment }: WatchOptions,
  memory: WatchMemory,
  shardIds: readonly string[],
): Promise<unknown> {
  for (const shardId of memory.shards.keys()) if (!shardIds.includes(shardId)) memory.shards.delete(shardId);
  try {
    const execute = createWatchdogExecute(dataApi, environment);
    memory.positions = await readPositions(execute, environment.functionName, shardIds);
    const held = await readHeldPositions(execute, environment);
    memory.held = held.filter(({ shardId }) => shardIds.includes(shardId));
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The known position of every shard; of a shard that came later than the positions nothing is committed as far as is known. */
function positionsOf({ positions }: WatchMemory, shardIds: readonly string[]): readonly ShardPosition[] {
  const known = new Map(positions?.positions.map((position) => [position.shardId, position]));
  return shardIds.map(
    (shardId) =>
      known.get(shardId) ?? {
        shardId,
        lastSequenceNumber: undefined,
        lastArrivalMs: undefined,
        slowestLaneArrivalMs: undefined,
      },
  );
}

function unknownShard(position: ShardPosition): ShardState {
  return { position, probe: { kind: 'unknown', knownArrivalMs: undefined } };
}

function unreadableOf(shards: readonly ShardState[]): WatchReport['unreadable'] {
  return shards.flatMap(({ position: { shardId }, probe }) =>
    probe.kind === 'unreadable' ? [{ shardId, error: probe.error }] : [],
  );
}
