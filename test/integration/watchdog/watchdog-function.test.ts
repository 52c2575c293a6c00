import * as kinesisApi from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { watchdogEnvironment } from '../../../contract/maintenance-environment.ts';
import { TRY_WAITING_ENTRIES } from '../../../contract/try-waiting-entries.ts';
import { createStream } from '../../../local/kinesis/create-stream.ts';
import { startKinesis, type KinesisEmulator } from '../../../local/kinesis/start-kinesis.ts';
import { INDEXED_FIELDS, LOG_QUERIES } from '../../../lib/monitoring/log-queries.ts';
import { runLogsInsightsQuery } from '../../support/logs-insights.ts';
import { startAwsServices, type AwsServices } from '../../../local/aws/aws-services.ts';
import { SECRETS, startDeployedWorld, type DeployedWorld } from '../migrate/deployed-world.ts';

const MAPPING_ID = '00000000-0000-4000-8000-000000000000';

const SHARDS = ['shardId-000000000000', 'shardId-000000000001'] as const;

/** A topic that is named for its number of subscriptions, or for why nothing is said of it. */
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:';

/** What else the watchdog asks. */
let aws: AwsServices;
let world: DeployedWorld;
let emulator: KinesisEmulator;
let kinesis: kinesisApi.KinesisClient;
let database: string;
let streams = 0;

beforeAll(async () => {
  [aws, world, emulator] = await Promise.all([startAwsServices(), startDeployedWorld(), startKinesis()]);
  aws.mappings.set(MAPPING_ID, { state: 'Enabled', changedAtMs: Date.now() });
  aws.topics.set(`${TOPIC}2`, 2).set(`${TOPIC}0`, 0).set(`${TOPIC}refused`, 'refused');
  kinesis = emulator.client();
  database = await world.createDatabase();
  await world.migrate(database);
});

afterAll(async () => {
  kinesis.destroy();
  await Promise.all([aws[Symbol.asyncDispose](), world.close(), emulator.stop()]);
});

interface TestStream {
  readonly name: string;
  readonly arn: string;
}

async function newStream(): Promise<TestStream> {
  streams += 1;
  const name = `stream-${streams}`;
  return { name, arn: await createStream(kinesis, { streamName: name, shardCount: 2 }) };
}

/** Puts one record into a shard and returns its sequence number. */
async function put({ name }: TestStream, shard: 0 | 1): Promise<string> {
  // The hash keys of the first shard are the lower half.
  const ExplicitHashKey = shard === 0 ? '0' : String(2n ** 128n - 1n);
  const { SequenceNumber = '' } = await kinesis.send(
    new kinesisApi.PutRecordCommand({
      StreamName: name,
      PartitionKey: 'key',
      ExplicitHashKey,
      Data: Buffer.from('{}'),
    }),
  );
  return SequenceNumber;
}

/** What the processor writes when a batch that ends there is committed. */
async function commit(
  functionName: string,
  row: { readonly shard: 0 | 1; readonly last: string; readonly arrived?: string },
): Promise<void> {
  const arrived = row.arrived ?? 'now()';
  await world.query(
    database,
    `INSERT INTO event_processor.batch_log (function_name, shard_id, first_sequence_number, last_sequence_number,
       oldest_arrival_at, newest_arrival_at, records, events, written, duplicates, quarantined, code_version)
     VALUES ('${functionName}', '${SHARDS[row.shard]}', ${row.last}, ${row.last}, ${arrived}, ${arrived}, 1, 1, 1, 0, 0, 'x')`,
  );
}

interface Published {
  readonly BacklogAge: number;
  readonly TimeToDataLoss: number;
  readonly service: string;
  /** Every line that the function wrote. */
  readonly output: string;
}

interface WatchSettings {
  readonly lanes?: number;
  readonly from?: string;
  readonly bucket?: string;
  readonly topic?: string;
  readonly processor?: string;
  readonly isPaused?: boolean;
  readonly database?: string;
}

/** Runs the deployed bundle for a function of the stream's name and returns its metrics document. */
async function watch(stream: TestStream, options: WatchSettings = {}): Promise<Published> {
  const { output } = await world.invoke(
    world.code.watchdog.folder,
    {
      ...watchdogEnvironment.encode({
        clusterArn: world.server.resourceArn,
        secretArn: SECRETS.maintenance.arn,
        database: options.database ?? database,
        functionName: stream.name,
        streamArn: stream.arn,
        deployment: `stack-of-${stream.name}`,
        metricsNamespace: 'Test',
        startingPosition: options.from ?? 'TRIM_HORIZON',
        parallelizationFactor: options.lanes ?? 1,
        maxShards: 400,
        mappingId: MAPPING_ID,
        processorArn: options.processor ?? '',
        failedBatchesBucket: options.bucket ?? '',
        deliveryGapSeconds: 180,
        pageWhenBehindSeconds: 300,
        pausedOnPurpose: options.isPaused === true ? 1 : 0,
        pageTopicArn: options.topic ?? '',
        runsSignalUrl: '',
      }),
      AWS_ENDPOINT_URL_KINESIS: emulator.endpoint,
      AWS_ENDPOINT_URL_LAMBDA: aws.endpoint,
      AWS_ENDPOINT_URL_S3: aws.endpoint,
      AWS_ENDPOINT_URL_SNS: aws.endpoint,
    },
    {},
  );
  const [line] = output.filter((text) => text.includes('CloudWatchMetrics'));
  return { ...(JSON.parse(line ?? '{}') as Published), output: output.join('\n') };
}

const RETENTION_SECONDS = 24 * 3600;

describe('the watchdog, bundled as it is deployed', () => {
  test('publishes that an idle stream is caught up', async () => {
    expect(await watch(await newStream())).toMatchObject({ BacklogAge: 0, TimeToDataLoss: RETENTION_SECONDS });
  });

  test('gives its verdict in numbers and in words, where the saved query finds it', async () => {
    const stream = await newStream();
    const idle = await watch(stream);
    expect(idle).toMatchObject({ Verdict: 0, TimeToCaughtUp: 0 });
    const { lines } = LOG_QUERIES.find(({ title }) => title === 'Verdicts')!;
    expect(runLogsInsightsQuery(lines, idle.output.split('\n'))).toEqual([
      expect.objectContaining({ verdict: 'OK', says: 'caught up', timeLeft: 'caught up', timeToDataLoss: '1 d' }),
    ]);
    const line = idle.output.split('\n').find((text) => text.includes('"message":"verdict"')) ?? '{}';
    expect(Object.keys(JSON.parse(line) as object)).toEqual(expect.arrayContaining([...INDEXED_FIELDS.watchdog]));
    aws.mappings.set(MAPPING_ID, { state: 'Disabled', changedAtMs: Date.now() });
    const [stopped, paused] = [await watch(stream), await watch(stream, { isPaused: true })];
    aws.mappings.set(MAPPING_ID, { state: 'Enabled', changedAtMs: Date.now() });
    expect(stopped).toMatchObject({ Verdict: 4 });
    expect(stopped).not.toHaveProperty('TimeToCaughtUp');
    expect(stopped.output).toMatch(/stopped since [\d:]+: the mapping is disabled/);
    expect(paused.output).toMatch(/stopped since [\d:]+: paused on purpose/);
  });

  test('sees a consumer that has never committed anything', async () => {
    const stream = await newStream();
    await put(stream, 1);
    const { BacklogAge, TimeToDataLoss, service } = await watch(stream);
    expect(BacklogAge).toBeGreaterThan(0);
    expect(TimeToDataLoss).toBe(RETENTION_SECONDS - BacklogAge);
    expect(service).toBe(`stack-of-${stream.name}`);
  });

  test('sees the first record after the newest committed one, in whichever shard it is', async () => {
    const stream = await newStream();
    const [first, other] = [await put(stream, 0), await put(stream, 1)];
    await commit(stream.name, { shard: 0, last: first });
    await commit(stream.name, { shard: 1, last: other });
    expect(await watch(stream)).toMatchObject({ BacklogAge: 0 });
    const next = await put(stream, 1);
    expect((await watch(stream)).BacklogAge).toBeGreaterThan(0);
    await commit(stream.name, { shard: 1, last: next });
    expect(await watch(stream)).toMatchObject({ BacklogAge: 0 });
  });

  test('does not take the commits of another function for its own', async () => {
    const stream = await newStream();
    await commit('another', { shard: 0, last: await put(stream, 0) });
    expect((await watch(stream)).BacklogAge).toBeGreaterThan(0);
  });

  test('sees a lane that is slower than the newest commit of its shard', async () => {
    const stream = await newStream();
    const [slow, fast] = [await put(stream, 0), await put(stream, 0)];
    await commit(stream.name, { shard: 0, last: slow, arrived: "now() - interval '1 hour'" });
    await commit(stream.name, { shard: 0, last: fast });
    await put(stream, 0);
    // An hour behind when it committed, which is what it is still: the time since then is not added.
    expect((await watch(stream, { lanes: 10 })).BacklogAge).toBeGreaterThanOrEqual(3_599);
    expect((await watch(stream, { lanes: 1 })).BacklogAge).toBeLessThan(3_600);
  });

  describe('of several lanes of which one stands still', () => {
    /** What the processor notes when it holds. */
    const note = (functionName: string, sequence: string, lastHeld = 'now()'): Promise<unknown> =>
      world.query(
        database,
        `INSERT INTO event_processor.held_position (function_name, shard_id, sequence_number, arrived_at, reason, detail,
           code_version, held_since, last_held_at)
         VALUES ('${functionName}', '${SHARDS[0]}', ${sequence}, now() - interval '1 hour', 'fuse', 'roll back', 'b1',
           now() - interval '50 minutes', ${lastHeld})`,
      );

    test('tells the age of the record that it stands at, while the others are level with the stream', async () => {
      const stream = await newStream();
      const [stuck, last] = [await put(stream, 0), await put(stream, 0)];
      await commit(stream.name, { shard: 0, last });
      expect(await watch(stream, { lanes: 10 })).toMatchObject({ BacklogAge: 0, PositionsHeld: 0 });
      await note(stream.name, stuck);
      const seen = await watch(stream, { lanes: 10 });
      expect(seen).toMatchObject({ PositionsHeld: 1 });
      expect(seen.BacklogAge).toBeGreaterThanOrEqual(3_600);
      expect(seen.TimeToDataLoss).toBe(RETENTION_SECONDS - seen.BacklogAge);
      expect(seen).toMatchObject({ Verdict: 5 });
      expect(seen.output).toMatch(/held since [\d :-]+: roll back/);
    });

    test('forgets it once a commit begins with that record, and not for one of another lane', async () => {
      const stream = await newStream();
      const [stuck, other] = [await put(stream, 0), await put(stream, 0)];
      await note(stream.name, stuck);
      await commit(stream.name, { shard: 0, last: other });
      expect(await watch(stream, { lanes: 10 })).toMatchObject({ PositionsHeld: 1 });
      // With a single lane, what is beyond the record is behind it.
      expect(await watch(stream, { lanes: 1 })).toMatchObject({ PositionsHeld: 0, BacklogAge: 0 });
      await commit(stream.name, { shard: 0, last: stuck });
      expect(await watch(stream, { lanes: 10 })).toMatchObject({ PositionsHeld: 0, BacklogAge: 0 });
    });

    test('forgets it when it is no longer delivered, and does not take that of another function or an older stream', async () => {
      const stream = await newStream();
      await note(stream.name, await put(stream, 0), "now() - interval '181 seconds'");
      await note('neighbour-of-the-lane', '1');
      await commit(stream.name, { shard: 0, last: await put(stream, 0) });
      expect(await watch(stream, { lanes: 10 })).toMatchObject({ PositionsHeld: 0, BacklogAge: 0 });
      await world.query(
        database,
        `INSERT INTO event_processor.held_position (function_name, shard_id, sequence_number, arrived_at, reason, detail,
           code_version) VALUES ('${stream.name}', 'shardId-000000000009', 1, now() - interval '1 hour', 'fuse', 'd', 'b1')`,
      );
      expect(await watch(stream, { lanes: 10 })).toMatchObject({ PositionsHeld: 0, BacklogAge: 0 });
    });

    test.each([
      ['at work', "'p', now() + interval '1 minute', 0", 0],
      ['dead', "'p', now() - interval '1 second', 0", 1],
      ['at work, after others died with them', "'p', now() + interval '1 minute', 1", 1],
      ['nobody at all', 'NULL, NULL, 0', 1],
    ])('counts records that a process died with, and whose process is %s', async (_, owner, PositionsHeld) => {
      const stream = await newStream();
      const [first, last] = [await put(stream, 0), await put(stream, 0)];
      await commit(stream.name, { shard: 0, last });
      await world.query(
        database,
        `INSERT INTO event_processor.in_flight (function_name, code_version, shard_id, first_sequence_number,
           last_sequence_number, alone, process_id, deadline_at, crashes, started_at, arrived_at)
         VALUES ('${stream.name}', 'v', '${SHARDS[0]}', ${first}, ${last}, false, ${owner}, clock_timestamp(),
           now() - interval '1 hour')`,
      );
      const seen = await watch(stream, { lanes: 10 });
      expect(seen).toMatchObject({ PositionsHeld });
      expect(seen.BacklogAge >= 3_600).toBe(PositionsHeld === 1);
    });
  });

  test('does not reckon with records from before a mapping that begins with the latest', async () => {
    const stream = await newStream();
    await put(stream, 0);
    await world.query(
      database,
      `INSERT INTO event_processor.migrations (set_name, file_name, checksum, applied_at)
      VALUES ('${stream.name}', '001-a.sql', 'x', clock_timestamp())`,
    );
    expect(await watch(stream, { from: 'LATEST' })).toMatchObject({ BacklogAge: 0 });
    expect((await watch(stream, { from: 'TRIM_HORIZON' })).BacklogAge).toBeGreaterThan(0);
  });

  test('reads what is left of a shard whose committed record is long gone', async () => {
    const stream = await newStream();
    await commit(stream.name, { shard: 0, last: '1', arrived: "now() - interval '8 days'" });
    expect(await watch(stream)).toMatchObject({ BacklogAge: 0, ShardsUnknown: 0, ShardsUnreadable: 0 });
    await put(stream, 0);
    expect((await watch(stream)).BacklogAge).toBeGreaterThan(0);
  });

  test('reads what is left of a shard that does not know the committed number, however young it is', async () => {
    const stream = await newStream();
    await commit(stream.name, { shard: 0, last: '1' });
    expect(await watch(stream)).toMatchObject({ BacklogAge: 0, ShardsUnknown: 0, ShardsUnreadable: 0 });
    await put(stream, 0);
    expect((await watch(stream)).BacklogAge).toBeGreaterThan(0);
  });

  test('goes on after a shard was split, with the rest of the old one and with the new ones', async () => {
    const stream = await newStream();
    const last = await put(stream, 0);
    await commit(stream.name, { shard: 0, last });
    const middle = String((2n ** 127n - 1n) / 2n);
    await kinesis.send(
      new kinesisApi.SplitShardCommand({ StreamARN: stream.arn, ShardToSplit: SHARDS[0], NewStartingHashKey: middle }),
    );
    await kinesisApi.waitUntilStreamExists({ client: kinesis, maxWaitTime: 60 }, { StreamARN: stream.arn });
    expect(await watch(stream)).toMatchObject({ BacklogAge: 0, ShardsUnknown: 0, ShardsUnreadable: 0 });
    await put(stream, 0);
    expect((await watch(stream)).BacklogAge).toBeGreaterThan(0);
  });

  test('says that it cannot see the stream, what to do, and all else that it sees', async () => {
    const gone = { name: 'unseen', arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/gone' };
    const seen = await watch(gone);
    expect(seen).toMatchObject({ WatchdogRuns: 1, ChecksFailed: 1, MappingEnabled: 1, QuarantineOpen: 0 });
    expect(seen).not.toHaveProperty('BacklogAge');
    expect(seen).toMatchObject({ Verdict: 6 });
    expect(seen.output).toMatch(/cannot see the stream; .*deploy again/);
    const { lines } = LOG_QUERIES.find(({ title }) => title === 'Not seen by the watchdog')!;
    expect(runLogsInsightsQuery(lines, seen.output.split('\n'))).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^cannot see the stream/) as string }),
    ]);
  });

  test('says that it cannot see the database, and no backlog that it would have to guess', async () => {
    const stream = await newStream();
    await put(stream, 0);
    const seen = await watch(stream, { database: 'nowhere' });
    expect(seen).toMatchObject({ WatchdogRuns: 1, ChecksFailed: 2, ShardsUnknown: 2, MappingEnabled: 1 });
    expect(seen).not.toHaveProperty('BacklogAge');
  });

  test('counts what waits in the quarantine, and tells how long the oldest has waited', async () => {
    const stream = await newStream();
    await world.query(
      database,
      `INSERT INTO event_processor.quarantine (function_name, shard_id, sequence_number, sub_sequence_number, partition_key,
         arrived_at, payload, reason, detail, code_version, attempts, quarantined_at, redriven_at, applied_at)
       SELECT name, 's', hours, 0, 'k', now(), 'x', 'r', 'd', 'v', 1, now() - make_interval(hours => hours),
         CASE WHEN hours = 5 THEN now() END, CASE WHEN hours = 4 THEN now() END
       FROM unnest(ARRAY['${stream.name}', 'neighbour']) AS name, unnest(ARRAY[1, 3, 4, 5]) AS hours`,
    );
    const seen = (await watch(stream)) as unknown as { QuarantineOpen: number; QuarantineOpenAge: number };
    expect(seen.QuarantineOpen).toBe(2);
    expect(seen.QuarantineOpenAge).toBeGreaterThanOrEqual(3 * 3_600);
    expect(seen.QuarantineOpenAge).toBeLessThan(4 * 3_600);
  });

  describe('entries that wait', () => {
    const processor = 'arn:aws:lambda:us-east-1:000000000000:function:processor:live';
    const asked: string[] = [];
    beforeAll(() => {
      aws.functions.set('processor', { environment: {}, invoke: (payload) => asked.push(payload) });
    });
    beforeEach(() => {
      asked.length = 0;
    });

    /** An entry that has been due for a minute and a second, as far as nothing else is said of it. */
    async function setAside({ name }: TestStream, said = 'partition_key = partition_key'): Promise<void> {
      await world.query(
        database,
        `INSERT INTO event_processor.quarantine (function_name, shard_id, sequence_number, sub_sequence_number, partition_key,
           arrived_at, payload, reason, detail, code_version, attempts, retry_at, heal_until)
         VALUES ('${name}', 's', 1, 0, 'k', now(), 'x', 'r', 'd', 'v', 1, now() - interval '61 s', now() + interval '1 hour');
         UPDATE event_processor.quarantine SET ${said} WHERE function_name = '${name}'`,
      );
    }

    test('are tried, at the request of the watchdog, once no record has come for a minute behind which they would be', async () => {
      const stream = await newStream();
      await setAside(stream);
      const seen = await watch(stream, { processor });
      expect(seen).toMatchObject({ QuarantineOpen: 0, QuarantineWaiting: 1, ChecksFailed: 0 });
      expect(asked).toEqual([TRY_WAITING_ENTRIES]);
    });

    test.each<[string, string | undefined, WatchSettings?, ('Enabled' | 'Disabled')?]>([
      ['are not due for a minute', "retry_at = now() - interval '30 s'"],
      ['are in effect by now', 'applied_at = now()'],
      ['were put back on the stream', 'redriven_at = now()'],
      ['have waited for long enough', "heal_until = now() - interval '1 s'"],
      ['wait for nothing', 'heal_until = NULL'],
      ['are those of another function', "function_name = function_name || '-too'"],
      ['have nobody who could', undefined, { processor: '' }],
      ['may not be written, as the mapping is disabled', undefined, {}, 'Disabled'],
    ])('are left alone where they %s', async (_, said, settings, state = 'Enabled') => {
      const stream = await newStream();
      await setAside(stream, said);
      aws.mappings.set(MAPPING_ID, { state, changedAtMs: Date.now() });
      await watch(stream, { processor, ...settings });
      aws.mappings.set(MAPPING_ID, { state: 'Enabled', changedAtMs: Date.now() });
      expect(asked).toEqual([]);
    });

    test('that nobody can be asked to try are a line in the log, and no blindness', async () => {
      const stream = await newStream();
      await setAside(stream);
      const seen = await watch(stream, { processor: processor.replace('processor', 'nobody') });
      expect(seen).toMatchObject({ WatchdogRuns: 1, ChecksFailed: 0 });
      expect(seen.output).toContain('cannot ask the processor to retry waiting entries');
    });
  });

  test('counts the objects in the on-failure bucket that were not redriven', async () => {
    const stream = await newStream();
    const keys = ['a/1', 'a/2', 'a/2.redriven', 'b/1'];
    aws.buckets.set('failed', new Map(keys.map((key) => [key, { body: '', modifiedAtMs: 0 }])));
    expect(await watch(stream, { bucket: 'failed' })).toMatchObject({ FailedBatchesUnread: 2, ChecksFailed: 0 });
    const refused = await watch(stream, { bucket: 'forbidden' });
    expect(refused).toMatchObject({ ChecksFailed: 1, BacklogAge: 0 });
    expect(refused).not.toHaveProperty('FailedBatchesUnread');
    expect(refused.output).toContain('cannot see the on-failure bucket');
    expect(await watch(stream)).not.toHaveProperty('FailedBatchesUnread');
  });

  test.each([
    ['2', 2],
    ['0', 0],
    ['gone', 0],
  ])('counts who is subscribed to the pages: topic %s', async (topic, PageSubscribers) => {
    const seen = await watch(await newStream(), { topic: `${TOPIC}${topic}` });
    expect(seen).toMatchObject({ PageSubscribers, ChecksFailed: 0 });
  });

  test('says that it may not ask who is subscribed, and is not blind for that; without a topic it does not ask', async () => {
    const refused = await watch(await newStream(), { topic: `${TOPIC}refused` });
    expect(refused).toMatchObject({ ChecksFailed: 0, BacklogAge: 0 });
    expect(refused).not.toHaveProperty('PageSubscribers');
    expect(refused.output).toContain('does not allow sns:GetTopicAttributes');
    const unasked = await watch(await newStream());
    expect(unasked).not.toHaveProperty('PageSubscribers');
    expect(unasked.output).not.toContain('sns:');
  });

  test.each([
    ['Enabled', 1],
    ['Updating', 1],
    ['Disabled', 0],
    ['Disabling', 0],
    [undefined, 0],
  ])('tells of a mapping in the state %s that MappingEnabled is %i', async (state, MappingEnabled) => {
    if (state === undefined) aws.mappings.delete(MAPPING_ID);
    else aws.mappings.set(MAPPING_ID, { state, changedAtMs: Date.now() });
    const seen = await watch(await newStream());
    aws.mappings.set(MAPPING_ID, { state: 'Enabled', changedAtMs: Date.now() });
    expect(seen).toMatchObject({ MappingEnabled, ChecksFailed: 0 });
  });
});
