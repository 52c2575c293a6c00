import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutRecordCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import pg from 'pg';
import { vi } from 'vitest';
import { announceLocalWorld } from '../../command-line/local-worlds.ts';
import { watchdogEnvironment } from '../../contract/maintenance-environment.ts';
import { startDataApiServer, type DataApiServer } from '../../local/data-api/start-data-api-server.ts';
import { createStream } from '../../local/kinesis/create-stream.ts';
import type { LiveWorld } from '../../local/live/live-world.ts';
import { openTarget, type Target } from '../../ops/stack/open-target.ts';
import { deployedStack } from './deployed-stack.ts';
import { localWorld } from './local-world.ts';

/** A record on the stream. */
export interface PlacedRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Milliseconds since 1970. */
  readonly arrivalMs: number;
}

/** First and last hash key: the two shards of a stream. */
const HASH_KEYS = ['0', String(2n ** 128n - 1n)] as const;

const FUNCTION = 'flights';

/** A stack in a world under a virtual clock, whose consumer is played by hand: what is committed is written to the batch log. */
export class LookedAfterStack implements AsyncDisposable {
  readonly name: string;
  readonly dataApi: DataApiServer;
  readonly #world: LiveWorld;
  readonly #kinesis: KinesisClient;
  readonly #streamArn: string;
  readonly #database: pg.Client;

  /** Deploys it, with two shards, four lanes each, and nothing on its stream. */
  static async deploy(world: LiveWorld, name: string): Promise<LookedAfterStack> {
    const url = await world.createDatabase();
    const [dataApi, kinesis] = [await startDataApiServer({ databaseUrl: url }), world.kinesis.client()];
    const streamArn = await createStream(kinesis, { streamName: name, shardCount: 2 });
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    return new LookedAfterStack(world, { name, dataApi, kinesis, streamArn, database });
  }

  private constructor(
    world: LiveWorld,
    parts: {
      readonly name: string;
      readonly dataApi: DataApiServer;
      readonly kinesis: KinesisClient;
      readonly streamArn: string;
      readonly database: pg.Client;
    },
  ) {
    this.name = parts.name;
    this.dataApi = parts.dataApi;
    this.#world = world;
    this.#kinesis = parts.kinesis;
    this.#streamArn = parts.streamArn;
    this.#database = parts.database;
    this.#describe();
  }

  /** Opens it as a command would. */
  async open(): Promise<Target> {
    const folder = await mkdtemp(join(tmpdir(), 'worlds-'));
    const { services, kinesis } = this.#world;
    services.world = localWorld(services, {
      stacks: [{ stackName: this.name, functionName: FUNCTION }],
      endpoints: { kinesis: kinesis.endpoint, dataApi: this.dataApi.endpoint, others: services.endpoint },
    });
    vi.stubEnv('TMPDIR', folder);
    try {
      await announceLocalWorld(services.world);
      return await openTarget({ local: this.name, json: false });
    } finally {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true, force: true });
    }
  }

  setMapping(state: string): void {
    const { services, clock } = this.#world;
    const settings = { parallelizationFactor: 4, batchSize: 1_000 };
    services.mappings.set(this.name, { state, changedAtMs: clock.now(), settings });
  }

  /** Puts a record on one of the two shards, now. */
  async put(shard: 0 | 1, data = '{}'): Promise<PlacedRecord> {
    const arrivalMs = this.#world.clock.now();
    const { SequenceNumber = '', ShardId = '' } = await this.#kinesis.send(
      new PutRecordCommand({
        StreamARN: this.#streamArn,
        PartitionKey: `key-${shard}`,
        ExplicitHashKey: HASH_KEYS[shard],
        Data: Buffer.from(data),
      }),
    );
    return { shardId: ShardId, sequenceNumber: SequenceNumber, arrivalMs };
  }

  /** Notes that records of one shard were committed as one batch, now. */
  async commit(records: readonly PlacedRecord[], count = records.length): Promise<void> {
    const [first, last] = [records[0], records.at(-1)];
    await this.sql(
      `INSERT INTO event_processor.batch_log (function_name, shard_id, first_sequence_number, last_sequence_number,
         oldest_arrival_at, newest_arrival_at, records, events, written, duplicates, quarantined, code_version, committed_at)
       VALUES ($1, $2, $3, $4, to_timestamp($5), to_timestamp($6), $7, $7, $7, 0, 0, '0123456789abcdef', to_timestamp($8))`,
      [
        ...[FUNCTION, first?.shardId, first?.sequenceNumber, last?.sequenceNumber],
        ...[(first?.arrivalMs ?? 0) / 1000, (last?.arrivalMs ?? 0) / 1000, count, this.#world.clock.now() / 1000],
      ],
    );
  }

  async sql(text: string, values: readonly unknown[] = []): Promise<readonly unknown[]> {
    const { rows } = await this.#database.query(text, [...values]);
    return rows as readonly unknown[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kinesis.destroy();
    await this.#database.end();
    await this.dataApi.close();
  }

  #describe(): void {
    const { services } = this.#world;
    const { dataApi, name } = this;
    const outputs = {
      ...deployedStack().outputs,
      FunctionName: `${name}-processor`,
      WatchdogFunctionName: `${name}-watchdog`,
      MappingId: name,
      StreamArn: this.#streamArn,
      ClusterArn: dataApi.resourceArn,
      MaintenanceSecretArn: dataApi.secretArn,
      DatabaseName: dataApi.database,
      FailedBatchesBucket: `${name}-failed`,
    };
    const environment = watchdogEnvironment.encode({
      ...{ clusterArn: dataApi.resourceArn, secretArn: dataApi.secretArn, database: dataApi.database },
      ...{ functionName: FUNCTION, streamArn: this.#streamArn, deployment: name, metricsNamespace: 'KinesisToAurora' },
      ...{
        startingPosition: 'TRIM_HORIZON',
        parallelizationFactor: 4,
        maxShards: 100,
        mappingId: name,
        processorArn: '',
      },
      ...{ failedBatchesBucket: outputs.FailedBatchesBucket, deliveryGapSeconds: 180, pageWhenBehindSeconds: 300 },
      ...{ pausedOnPurpose: 0, pageTopicArn: `arn:aws:sns:us-east-1:000000000000:${name}`, runsSignalUrl: '' },
    });
    services.stacks.set(name, { status: 'UPDATE_COMPLETE', outputs });
    services.functions.set(outputs.FunctionName, { environment: {}, aliases: { live: '7' } });
    services.functions.set(outputs.WatchdogFunctionName, { environment });
    services.buckets.set(outputs.FailedBatchesBucket, new Map());
    services.topics.set(`arn:aws:sns:us-east-1:000000000000:${name}`, 1);
    this.setMapping('Enabled');
  }
}
