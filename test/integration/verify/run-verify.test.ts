import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutRecordCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleFunction } from '../../../build/bundle-function.ts';
import { functionFolder } from '../../../build/function-folder.ts';
import { flights } from '../../../functions/flights/projection.ts';
import { listShards } from '../../../kinesis/list-shards.ts';
import { readShard } from '../../../kinesis/read-shard.ts';
import { startAwsServices, type AwsServices } from '../../../local/aws/aws-services.ts';
import { createStream } from '../../../local/kinesis/create-stream.ts';
import { startKinesis, type KinesisEmulator } from '../../../local/kinesis/start-kinesis.ts';
import type { DeployedStack } from '../../../ops/stack/deployed-stack.ts';
import type { Target } from '../../../ops/stack/open-target.ts';
import type { VerifyReport } from '../../../ops/verify/describe-verify.ts';
import { runVerify } from '../../../ops/verify/run-verify.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { deployedStack } from '../../support/deployed-stack.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

const FOLDER = functionFolder('flights');
const PROCESSOR = join(import.meta.dirname, '../../../processor');

/** A function whose only table has no unique key, with a number as the id of its events. */
const NOTES_FILES = {
  'projection.ts': `
    import * as z from 'zod/mini';
    import { defineProjection, inserts } from ${JSON.stringify(join(PROCESSOR, 'projection.ts'))};
    export const notes = defineProjection({
      name: 'notes',
      schema: z.object({ id: z.int(), stars: z.int() }),
      eventId: ({ id }) => String(id),
      tables: { notes: inserts({ columns: { stars: 'integer', id: 'integer' } }) },
      project: (note) => ({ notes: note }),
    });`,
  'handler.ts': `
    import { createHandler } from ${JSON.stringify(join(PROCESSOR, 'create-handler.ts'))};
    import { notes } from './projection.ts';
    export const handler = createHandler(notes);`,
  'migrations/001-notes.sql': 'CREATE TABLE notes (stars integer, id integer);',
};
const FUNCTION_NAME = 'flights-Processing';
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:pages';
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

let database: TestDatabase;
let services: AwsServices;
let emulator: KinesisEmulator;
let kinesis: KinesisClient;
let buildVersion: string;
let stack: DeployedStack;
let streams = 0;
let notesFolder: string;

/** Below this one, so that the packages of the project are found. */
async function writeNotes(): Promise<string> {
  const folder = await mkdtemp(join(import.meta.dirname, '.notes-'));
  await mkdir(join(folder, 'migrations'));
  for (const [name, text] of Object.entries(NOTES_FILES)) await writeFile(join(folder, name), text);
  return folder;
}

beforeAll(async () => {
  notesFolder = await writeNotes();
  [database, services, emulator, { buildVersion }] = await Promise.all([
    startTestDatabase({}, [FOLDER, functionFolder(notesFolder)]),
    startAwsServices(),
    startKinesis(),
    bundleFunction(FOLDER.entry),
  ]);
  kinesis = emulator.client();
  await database.query(`INSERT INTO airports (iata, name, city, state, country, latitude, longitude)
    VALUES ('DTW', '', 'Detroit', 'MI', '', 0, 0), ('ORD', '', 'Chicago', 'IL', '', 0, 0)`);
});

afterAll(async () => {
  kinesis.destroy();
  await Promise.all([database.close(), services[Symbol.asyncDispose](), emulator.stop()]);
  await rm(notesFolder, { recursive: true });
});

beforeEach(async () => {
  streams += 1;
  const StreamArn = await createStream(kinesis, { streamName: `flights-${streams}`, shardCount: 1 });
  const { outputs } = deployedStack();
  stack = deployedStack({
    stackName: 'flights-dev',
    failedBatchesBucket: 'failed',
    outputs: {
      ...outputs,
      StreamArn,
      BuildVersion: buildVersion,
      FunctionName: FUNCTION_NAME,
      FunctionVersion: '7',
      PageTopicArn: TOPIC,
    },
  });
  services.mappings.set(outputs.MappingId, { state: 'Enabled', changedAtMs: 0, functionArn: 'arn:aws:lambda:x:live' });
  services.functions.set(FUNCTION_NAME, { environment: {}, aliases: { live: '7' } });
  services.topics.set(TOPIC, 1);
  services.buckets.set('failed', new Map());
  await database.query(`TRUNCATE flights, airport_days, latest_departures, event_processor.quarantine, event_processor.batch_log,
    event_processor.held_position`);
});

function flight(n: number): object {
  return {
    date: `2001/01/01 10:${String(n).padStart(2, '0')}`,
    delay: n,
    distance: 100,
    origin: 'DTW',
    destination: 'ORD',
  };
}

/** Puts events on the stream; what is no object goes as the text that it is. */
async function put(...events: readonly unknown[]): Promise<readonly { shardId: string; sequenceNumber: string }[]> {
  const places = [];
  for (const event of events) {
    const text = typeof event === 'string' ? event : JSON.stringify(event);
    const Data = Buffer.from(text);
    const command = new PutRecordCommand({ StreamARN: stack.outputs.StreamArn, PartitionKey: 'DTW', Data });
    const { ShardId: shardId = '', SequenceNumber: sequenceNumber = '' } = await kinesis.send(command);
    places.push({ shardId, sequenceNumber });
  }
  return places;
}

/** Processes all that is on the stream, but for the last records. */
async function consume({
  but = 0,
  projection = flights,
}: { readonly but?: number; readonly projection?: AnyProjection } = {}): Promise<void> {
  const streamArn = stack.outputs.StreamArn;
  const engine = database.createEngine(projection);
  const signal = new AbortController().signal;
  for (const shardId of await listShards(kinesis, streamArn)) {
    const reading = { client: kinesis, streamArn, shardId, sinceMs: undefined, untilMs: Infinity, share: 1, signal };
    const records = [];
    for await (const page of readShard(reading)) records.push(...page.records);
    const batch = records.slice(0, records.length - but).map((record) => ({
      eventID: `${shardId}:${record.SequenceNumber ?? ''}`,
      kinesis: {
        sequenceNumber: record.SequenceNumber ?? '',
        partitionKey: record.PartitionKey ?? '',
        data: Buffer.from(record.Data ?? []).toString('base64'),
        approximateArrivalTimestamp: (record.ApproximateArrivalTimestamp?.getTime() ?? 0) / 1000,
      },
    }));
    if (batch.length > 0) expect((await processBatch(batch, engine, () => 30_000)).hold).toBeUndefined();
  }
}

/** Verifies the stack, as a deployed one where that is asked for, and reads the answer. */
async function verify(
  options: { readonly until?: string; readonly isLocal?: boolean; readonly function?: string } = {},
) {
  const { isLocal = false, ...given } = options;
  const at = { endpoint: services.endpoint, region: 'us-east-1', credentials: CREDENTIALS };
  const clients = {
    kinesis,
    lambda: new LambdaClient(at),
    sns: new SNSClient(at),
    s3: new S3Client({ ...at, forcePathStyle: true }),
  };
  const target = {
    stack,
    isLocal,
    client: (service: keyof typeof clients) => Promise.resolve(clients[service]),
    execute: (sql: string, parameters = {}) => database.execute(sql, parameters, { timeoutMs: 20_000 }),
  } as unknown as Target;
  const said: string[] = [];
  const opsConsole = {
    say: (line: string) => said.push(line),
    progress: () => undefined,
    signal: new AbortController().signal,
  };
  const asked = { json: true, sample: 1, readShare: 100, ...given };
  const code = await runVerify(target, asked, opsConsole);
  return { code, report: JSON.parse(said.join('\n')) as VerifyReport };
}

const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();

describe('ops verify', () => {
  it('proves that each event is in its place, one that came twice with one effect', async () => {
    await put(flight(1), flight(2), flight(1), 'no JSON');
    await consume();
    const { code, report } = await verify({ until: TOMORROW });
    expect(report.checks.map(({ name, state, detail }) => [name, state, detail])).toEqual([
      ['build', 'right', expect.any(String)],
      ['alias', 'right', '`live` runs version 7'],
      ['mapping', 'right', 'it is Enabled, on the alias `live`'],
      ['schema', 'right', 'all migrations of this checkout are applied'],
      ['pages', 'right', '1 subscribed'],
    ]);
    expect(report).toMatchObject({
      verdict: 'verified',
      counts: {
        records: 4,
        places: { 'in-effect': 3, quarantined: 1, missing: 0 },
        quarantined: { 'not-json': 1 },
        repeated: 1,
        findings: 0,
      },
      repeats: [{ eventId: '2001/01/01 10:01 DTW-ORD 1' }],
    });
    expect(code).toBe(0);
  });

  it('finds the one event whose effect was taken out of the tables, and the row that is too old', async () => {
    await put(flight(1), flight(2), flight(3));
    await consume();
    await database.query(`DELETE FROM flights WHERE delay = 2`);
    await database.query(`UPDATE latest_departures SET departed_at = '2001-01-01 10:01'`);
    const { code, report } = await verify();
    expect(code).toBe(2);
    expect(report).toMatchObject({ verdict: 'wrong', counts: { places: { 'in-effect': 2, missing: 1 }, findings: 2 } });
    expect(report.findings).toMatchObject([
      { kind: 'missing', eventId: '2001/01/01 10:02 DTW-ORD 2', partitionKey: 'DTW' },
      { kind: 'row-older', table: 'latest_departures', eventId: '2001/01/01 10:03 DTW-ORD 3' },
    ]);
  });

  it('finds a row that somebody doubled, in a table without a unique key', async () => {
    const { notes } = (await import(join(notesFolder, 'projection.ts'))) as { readonly notes: AnyProjection };
    await put({ id: 1, stars: 2 }, { id: 2, stars: 2 }, { id: 3, stars: 1 });
    await consume({ projection: notes });
    expect((await verify({ function: notesFolder })).report).toMatchObject({ counts: { compared: 3, findings: 0 } });
    await database.query(`INSERT INTO notes SELECT * FROM notes WHERE id = 2`);
    const { code, report } = await verify({ function: notesFolder });
    expect(report).toMatchObject({ verdict: 'wrong', counts: { findings: 1 } });
    expect(report.findings).toMatchObject([{ kind: 'row-twice', table: 'notes', eventId: '2' }]);
    expect(code).toBe(2);
  });

  it('looks as far as the consumer has come, and beyond it only where that is asked for', async () => {
    await put(flight(1), flight(2), flight(3));
    await consume({ but: 2 });
    const local = await verify({ isLocal: true });
    expect(local).toMatchObject({ code: 0, report: { verdict: 'verified', counts: { records: 1 } } });
    // Nobody is paged here.
    expect(local.report.checks.map(({ name }) => name)).toEqual(['build', 'alias', 'mapping', 'schema']);
    expect(await verify({ until: TOMORROW })).toMatchObject({
      code: 1,
      report: {
        verdict: 'not-reached',
        counts: { records: 3, places: { 'in-effect': 1, 'not-reached': 2, missing: 0 } },
      },
    });
  });

  it('finds what Lambda gave up in the bucket', async () => {
    const [{ shardId, sequenceNumber } = { shardId: '', sequenceNumber: '' }] = await put(flight(1), flight(2));
    await consume();
    await database.query(`DELETE FROM flights WHERE delay = 1`);
    const kinesis = { sequenceNumber, partitionKey: 'DTW', data: 'e30=', approximateArrivalTimestamp: 1 };
    const body = JSON.stringify({
      KinesisBatchInfo: { shardId, streamArn: stack.outputs.StreamArn },
      payload: JSON.stringify({ Records: [{ eventID: `${shardId}:${sequenceNumber}`, kinesis }] }),
    });
    services.buckets.set('failed', new Map([[`aws/lambda/m/${shardId}/2026/11/26/x`, { body, modifiedAtMs: 0 }]]));
    expect(await verify()).toMatchObject({ code: 0, report: { counts: { places: { bucket: 1, missing: 0 } } } });
  });

  it('says what of the stack is not as it was deployed', async () => {
    stack = { ...stack, outputs: { ...stack.outputs, BuildVersion: 'another' } };
    services.functions.set(FUNCTION_NAME, { environment: {}, aliases: { live: '6' } });
    services.mappings.set(stack.outputs.MappingId, {
      state: 'Disabled',
      changedAtMs: 0,
      functionArn: 'arn:aws:lambda:x',
    });
    services.topics.set(TOPIC, 0);
    await database.query(`UPDATE event_processor.migrations SET set_name = 'elsewhere' WHERE set_name = 'flights'`);
    const { code, report } = await verify().finally(() =>
      database.query(`UPDATE event_processor.migrations SET set_name = 'flights' WHERE set_name = 'elsewhere'`),
    );
    expect(code).toBe(2);
    expect(report.checks.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'build wrong',
      'alias wrong',
      'mapping wrong',
      'schema wrong',
      'pages wrong',
    ]);
  });

  it('knows that it cannot see what it may not ask', async () => {
    services.topics.set(TOPIC, 'refused');
    services.functions.delete(FUNCTION_NAME);
    const { code, report } = await verify();
    expect(report.checks.filter(({ state }) => state === 'unknown').map(({ name }) => name)).toEqual([
      'alias',
      'pages',
    ]);
    expect([code, report.verdict]).toEqual([3, 'unknown']);
  });
});
