import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchdogEnvironment } from '../../../contract/maintenance-environment.ts';
import { createExecuteStatement } from '../../../data-api/execute.ts';
import { startAwsServices, type AwsServices } from '../../../local/aws/aws-services.ts';
import { startDataApiServer, type DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import type { FindOptions } from '../../../ops/find/find-command.ts';
import { runFind } from '../../../ops/find/run-find.ts';
import type { Target } from '../../../ops/stack/open-target.ts';
import { deployedStack } from '../../support/deployed-stack.ts';
import { startTestDatabase, type TestDatabase } from '../../support/start-test-database.ts';

const SHARD = 'shardId-000000000000';
const stack = deployedStack({ failedBatchesBucket: 'failed' });

let database: TestDatabase;
let server: DataApiServer;
let services: AwsServices;
let dataApi: RDSDataClient;
let target: Target;

beforeAll(async () => {
  [database, services] = await Promise.all([startTestDatabase(), startAwsServices()]);
  server = await startDataApiServer({ databaseUrl: database.url });
  const { resourceArn: clusterArn, secretArn, database: name, region } = server;
  const base = { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  dataApi = new RDSDataClient({ ...base, endpoint: server.endpoint, maxAttempts: 1 });
  const execute = createExecuteStatement(dataApi, { clusterArn, secretArn, database: name });
  const clients = {
    lambda: new LambdaClient({ ...base, endpoint: services.endpoint }),
    s3: new S3Client({ ...base, endpoint: services.endpoint, forcePathStyle: true }),
  };
  target = {
    stack,
    isLocal: false,
    client: (service) => Promise.resolve(clients[service as keyof typeof clients] as never),
    execute: (sql, parameters = {}) => execute(sql, parameters, { timeoutMs: 10_000 }),
    [Symbol.dispose]: () => undefined,
  };
  const environment = watchdogEnvironment.encode({
    ...{ clusterArn, secretArn, database: name, functionName: 'orders', streamArn: stack.outputs.StreamArn },
    ...{ deployment: 'orders', metricsNamespace: 'n', startingPosition: 'LATEST', parallelizationFactor: 1 },
    ...{ maxShards: 1, mappingId: 'm', failedBatchesBucket: 'failed', deliveryGapSeconds: 180, processorArn: 'arn' },
    ...{ pageWhenBehindSeconds: 300, pausedOnPurpose: 0, pageTopicArn: '', runsSignalUrl: '' },
  });
  services.functions.set(stack.outputs.WatchdogFunctionName, { environment });
  await fill();
});

afterAll(async () => {
  dataApi.destroy();
  await Promise.all([server.close(), services[Symbol.asyncDispose]()]);
  await database.close();
});

/** A batch of ten records from 100 to 109, of which some were skipped, and one event of it in the ledger. */
async function fill(): Promise<void> {
  await database.query(`WITH batch AS (
      INSERT INTO event_processor.batch_log (function_name, shard_id, first_sequence_number, last_sequence_number,
        oldest_arrival_at, newest_arrival_at, records, events, written, duplicates, quarantined, skipped, skipped_by_reason,
        code_version)
      VALUES ('orders', '${SHARD}', 100, 109, now(), now(), 10, 10, 7, 0, 0, 3, '{"heartbeat": 3}', 'build-1'))
    INSERT INTO event_processor.ledger (function_name, event_id) VALUES ('orders', 'written'), ('orders', 'applied')`);
  const entry = (id: string, sequence: number, more: string) => `SELECT '${id}', ${sequence}, ${more}`;
  await database.query(`INSERT INTO event_processor.quarantine (function_name, shard_id, sub_sequence_number, partition_key,
      arrived_at, payload, reason, detail, code_version, attempts, event_id, sequence_number, redriven_at, applied_at, heal_until)
    SELECT 'orders', '${SHARD}', 0, 'customer-' || sequence, now(), '', 'schema', 'total: expected a number', 'build-1', 1,
      id, sequence, redriven_at, applied_at, heal_until
    FROM (${[
      entry('quarantined', 104, 'NULL::timestamptz, NULL::timestamptz, NULL::timestamptz'),
      entry('waiting', 105, `NULL, NULL, now() + interval '1 hour'`),
      entry('redriven', 106, 'now(), NULL, NULL'),
      entry('applied', 107, 'now(), now(), NULL'),
    ].join(' UNION ALL ')}) AS entries (id, sequence, redriven_at, applied_at, heal_until)`);
  const record = {
    sequenceNumber: '108',
    partitionKey: 'p',
    data: Buffer.from('{"id":"given-up"}').toString('base64'),
  };
  const payload = JSON.stringify({
    Records: [{ eventID: `${SHARD}:108`, kinesis: { ...record, approximateArrivalTimestamp: 1_790_000_000 } }],
  });
  const info = { shardId: SHARD, streamArn: stack.outputs.StreamArn };
  const body = JSON.stringify({ requestContext: { condition: 'RecordAgeExceeded' }, KinesisBatchInfo: info, payload });
  services.buckets.set('failed', new Map([['aws/lambda/m/1', { body, modifiedAtMs: 0 }]]));
}

async function find(wanted: Partial<FindOptions>) {
  const said: string[] = [];
  const options = { eventId: undefined, sequence: undefined, shard: undefined, partitionKey: undefined, json: true };
  const exitCode = await runFind(
    target,
    { ...options, ...wanted },
    { say: (line) => said.push(line), progress: () => undefined },
  );
  return { exitCode, text: said.join('\n') };
}

async function fateOf(wanted: Partial<FindOptions>) {
  const { exitCode, text } = await find(wanted);
  return [(JSON.parse(text) as { readonly fate: string }).fate, exitCode];
}

describe('ops find', () => {
  it.each([
    ['written', 'in effect', 0],
    ['waiting', 'waiting', 1],
    ['quarantined', 'quarantined', 2],
    ['redriven', 'redriven', 1],
    ['applied', 'in effect', 0],
    ['given-up', 'given up', 2],
    ['nobody-knows', 'not seen', 1],
  ])('tells the fate of an event by its id: %s', async (eventId, fate, exitCode) => {
    expect(await fateOf({ eventId })).toEqual([fate, exitCode]);
  });

  it.each([
    ['104', undefined, 'quarantined', 2],
    ['108', undefined, 'given up', 2],
    ['109', undefined, 'carried', 0],
    ['109', 'skipped-one', 'skipped', 0],
    ['110', undefined, 'not reached', 1],
    ['99', undefined, 'not seen', 1],
  ])('tells the fate of a record by its place: %s, %s', async (sequence, eventId, fate, exitCode) => {
    expect(await fateOf({ shard: SHARD, sequence, eventId })).toEqual([fate, exitCode]);
  });

  it('knows the shard of a record by its sequence number', async () => {
    const { text } = await find({ sequence: '49588160223248606261076875455806734688981848970781268242' });
    expect(JSON.parse(text)).toMatchObject({ fate: 'not reached', wanted: { shard: 'shardId-000000000401' } });
  });

  it('lists by partition key what is set aside, and goes by what is most urgent', async () => {
    expect(await fateOf({ partitionKey: 'customer-104' })).toEqual(['quarantined', 2]);
    expect(await fateOf({ partitionKey: 'customer-9' })).toEqual(['not seen', 1]);
    await database.query(
      `UPDATE event_processor.quarantine SET partition_key = 'busy' WHERE sequence_number IN (104, 106, 107)`,
    );
    const { exitCode, text } = await find({ partitionKey: 'busy', json: false });
    await database.query(`UPDATE event_processor.quarantine SET partition_key = 'customer-' || sequence_number`);
    expect(exitCode).toBe(2);
    expect(text.split('\n')[0]).toBe('partition key busy: entries in the quarantine: 1 open, 1 redriven, 1 in effect');
    expect(text.match(/^ {12}event \S+$/gm)?.map((line) => line.trim())).toEqual([
      'event applied',
      'event redriven',
      'event quarantined',
    ]);
    expect((await find({ partitionKey: 'customer-9', json: false })).text).toMatch(
      /^partition key customer-9: nothing of it is in the quarantine\n/,
    );
  });

  it('opens the log in the console, around the time of the batch, and nowhere in a world on this machine', async () => {
    const { text } = await find({ eventId: 'written' });
    const { logLink } = JSON.parse(text) as { readonly logLink: string };
    expect(logLink).toMatch(/^https:\/\/eu-west-1\.console\.aws\.amazon\.com\/cloudwatch\/home\?region=eu-west-1#/);
    expect(logLink).toContain("~timeType~'ABSOLUTE~");
    expect(logLink).toContain('filter*20eventId*20*3d*20*22written*22*20or*20shardId');
    const away = target;
    target = { ...away, isLocal: true };
    const local = await find({ eventId: 'quarantined', json: false });
    target = away;
    expect(local.text).not.toContain('https://');
    expect(local.text).toContain(
      'log         on the terminal of the world, where it was started with `npm start -- --verbose`',
    );
    expect(local.text).toContain('npm run ops -- redrive --local flights-test\n');
  });

  it('says what each place has, and how the log is asked', async () => {
    const { text } = await find({ eventId: 'written', json: false });
    expect(text).toMatch(/^written: in effect since \d{4}-\S+Z\n/);
    expect(text).toContain(`batch       ${SHARD}, 10 events, committed `);
    expect(text).toContain('            skipped: 3 heartbeat');
    expect(text).toContain('bucket      nothing; objects searched: 1');
    expect(text).toContain('log         flights-test-ProcessingLogs: filter eventId = "written" or shardId = ');
    const quarantined = await find({ eventId: 'quarantined', json: false });
    expect(quarantined.text).toContain(
      'quarantined: fix the cause, then npm run ops -- redrive --stack flights-test\n',
    );
    expect(quarantined.text).toContain('            total: expected a number\n');
  });

  it('cannot tell where a place did not answer, and says which permission is missing', async () => {
    const bucket = services.buckets.get('failed') ?? new Map<string, never>();
    services.buckets.delete('failed');
    const { exitCode, text } = await find({ eventId: 'nobody-knows', json: false });
    services.buckets.set('failed', bucket);
    expect(exitCode).toBe(3);
    expect(text).toContain('unseen      the on-failure bucket: ');
    expect(text).toContain('Access Denied');
  });
});
