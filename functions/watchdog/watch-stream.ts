import { ListShardsCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import type { WatchdogEnvironment } from '../../contract/environment.ts';
import type { Execute } from '../../data-api/execute.ts';
import { readRetentionHours } from '../../kinesis/describe-stream.ts';
import { assessBacklog, type Assessment } from './assess-backlog.ts';
import { chooseShards } from './choose-shards.ts';
import { probeShard, type ProbeOptions } from './probe-shard.ts';
import { readPositions } from './read-positions.ts';
import type { ShardPosition, ShardState } from './shard-state.ts';

/** What the watchdog looks at, and with what. */
export interface WatchOptions {
  readonly kinesis: KinesisClient;
  /** Asks the database. */
  readonly execute: Execute;
  readonly environment: WatchdogEnvironment;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What one run found. */
export interface WatchReport extends Assessment {
  readonly shards: number;
  /** Shards that were looked into; fewer than `shards` when there are more than one run may ask. */
  readonly shardsProbed: number;
}

/** Shards asked at a time. */
const CONCURRENCY = 10;

/**
 * Finds out how far behind the consumer is, without asking the consumer: what is committed comes from the database,
 * what is there from the stream.
 *
 * @throws whatever a call throws: a watchdog that cannot see says nothing, and its silence pages
 */
export async function watchStream(options: WatchOptions): Promise<WatchReport> {
  const { kinesis, execute, environment, now } = options;
  const [retentionHours, shardIds] = await Promise.all([
    readRetentionHours(kinesis, environment.streamArn),
    listShards(kinesis, environment.streamArn),
  ]);
  const { positions, deployedAtMs } = await readPositions(execute, environment.functionName, shardIds);
  const chosen = chooseShards(positions, environment.maxShards, Math.floor(now() / 60_000));
  const shards = await probeAll(
    {
      client: kinesis,
      streamArn: environment.streamArn,
      startingPosition: environment.startingPosition,
      deployedAtMs,
    },
    chosen,
  );
  const { parallelizationFactor } = environment;
  const assessment = assessBacklog({
    shards,
    nowMs: now(),
    retentionSeconds: retentionHours * 3600,
    parallelizationFactor,
  });
  return { ...assessment, shards: shardIds.length, shardsProbed: chosen.length };
}

/** Every shard that still holds records, closed ones too. */
async function listShards(kinesis: KinesisClient, streamArn: string): Promise<readonly string[]> {
  const shardIds: string[] = [];
  let token: string | undefined;
  do {
    const page = await kinesis.send(
      new ListShardsCommand(
        token === undefined
          ? { StreamARN: streamArn, ShardFilter: { Type: 'FROM_TRIM_HORIZON' } }
          : { NextToken: token },
      ),
    );
    for (const { ShardId } of page.Shards ?? []) if (ShardId !== undefined) shardIds.push(ShardId);
    token = page.NextToken;
  } while (token !== undefined);
  return shardIds;
}

async function probeAll(options: ProbeOptions, positions: readonly ShardPosition[]): Promise<readonly ShardState[]> {
  const states: ShardState[] = [];
  const queue = positions.values();
  const work = async (): Promise<void> => {
    for (const position of queue) states.push({ position, probe: await probeShard(options, position) });
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return states;
}
