import type { KinesisStreamEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BATCH_METRICS } from '../../../contract/metrics.ts';
import { INDEXED_FIELDS } from '../../../lib/monitoring/log-queries.ts';
import type { KinesisRecord } from '../../../processor/decode/item.ts';
import { createHandler } from '../../../processor/create-handler.ts';
import { inserts } from '../../../processor/projection.ts';
import { kinesisRecord, sequenceNumber, SHARD_ID } from '../../support/kinesis-record.ts';
import { lambdaContext } from '../../support/lambda-context.ts';
import { order, orders } from '../../support/orders-projection.ts';
import type { StubAnswer, StubRequest } from '../../support/stub-data-api.ts';
import { startStubDataApi } from '../../support/stub-data-api.ts';

const ENVIRONMENT = {
  DEPLOYMENT: 'orders-prod',
  CLUSTER_ARN: 'arn:aws:rds:us-east-1:123456789012:cluster:test',
  SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:test',
  DATABASE: 'test',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
};

type Line = Readonly<Record<string, unknown>>;

let lines: Line[] = [];

function keepLine(text: string | Uint8Array): boolean {
  lines.push(JSON.parse(String(text)) as Line);
  return true;
}

beforeEach(() => {
  lines = [];
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  // Lambda reads log lines and metrics documents from the standard output, so that is where they are caught.
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockImplementation(keepLine);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const NO_NOTES: StubAnswer = { body: { records: [[{ stringValue: '[]' }, { stringValue: '[]' }]] } };

/** What the database remembers of the build: its last write of so many events, all of them taken. */
function remembered(events: number): StubAnswer {
  const recent = events === 0 ? { isNull: true } : { stringValue: `[[${events},0,${events}]]` };
  return { body: { records: [[{ isNull: true }, { isNull: true }, recent]] } };
}

/** No process has died, every customer has a row, every write commits as many events as it carries, and the build has done so before. */
function healthy({ sql, parameters }: StubRequest): StubAnswer {
  if (parameters['max_writes'] !== undefined) return remembered(100);
  if (sql.includes('event_processor.in_flight')) return NO_NOTES;
  if (parameters['keys_0'] !== undefined) {
    const keys = JSON.parse(parameters['keys_0']) as string[];
    const [name, cells] = [{ stringValue: 'customers' }, { stringValue: '["Detroit"]' }];
    const records = keys.map((_key, index) => [name, { longValue: index + 1 }, { longValue: 1 }, cells]);
    return { body: { records } };
  }
  if (sql.includes('event_processor.held_position')) return { body: { records: [] } };
  expect(sql).toContain('event_processor.batch_log');
  const events = JSON.parse(parameters['events'] ?? '[]') as unknown[];
  return { body: { records: [[{ longValue: events.length }, { longValue: 0 }]] } };
}

async function invoke(records: readonly KinesisRecord[], answer = healthy, invocations = 1) {
  await using stub = await startStubDataApi(answer);
  vi.stubEnv('AWS_ENDPOINT_URL_RDS_DATA', stub.endpoint);
  const handler = createHandler(orders);
  const event = { Records: records } as unknown as KinesisStreamEvent;
  let response = await handler(event, lambdaContext());
  for (let index = 1; index < invocations; index += 1) response = await handler(event, lambdaContext());
  return { response, requests: stub.requests.length };
}

const documents = () => lines.filter((line) => '_aws' in line);
const summaries = () => lines.filter((line) => line['message'] === 'batch');

function records(...contents: readonly unknown[]): KinesisRecord[] {
  const nowMs = Date.now();
  return contents.map((data, index) => kinesisRecord({ data, index, arrivedAtMs: nowMs - 10_000 * (index + 1) }));
}

const FAILED: StubAnswer = {
  status: 400,
  errorName: 'DatabaseErrorException',
  body: { message: 'ERROR: no table\n  Detail: Failing row contains (secret).; SQLState: 42P01' },
};

describe('a healthy batch', () => {
  it('answers with no failures and leaves one metrics document and one summary line', async () => {
    const { response, requests } = await invoke(records(order(0), order(1)));
    expect(response).toEqual({ batchItemFailures: [] });
    expect(requests).toBe(4);
    expect([documents().length, summaries().length, lines.length]).toEqual([1, 1, 2]);
  });

  it('publishes every batch metric with its unit, under one dimension', async () => {
    await invoke(records(order(0), order(1)));
    const { _aws, buildVersion, ...values } = documents()[0] as {
      _aws: {
        CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
      };
      buildVersion: string;
    };
    const [metrics, ...more] = _aws.CloudWatchMetrics;
    expect(more).toEqual([]);
    expect(metrics?.Namespace).toBe('KinesisToAurora');
    expect(metrics?.Dimensions).toEqual([['service']]);
    expect(Object.fromEntries(metrics!.Metrics.map(({ Name, Unit }) => [Name, Unit]))).toEqual(BATCH_METRICS);
    expect(buildVersion).toBe('unbundled');
    expect(values).toMatchObject({
      // Two stages of one function publish nothing under the same name.
      service: 'orders-prod',
      RecordsReceived: 2,
      EventsReceived: 2,
      EventsWritten: 2,
      EventsDuplicate: 0,
      EventsQuarantined: 0,
      RecordsHeld: 0,
      PositionHeld: 0,
      FuseBlown: 0,
      LookupKeys: 2,
      CacheHits: 0,
      CacheMisses: 2,
      CacheEvictions: 0,
      CacheHitRatio: 0,
      CrashesFound: 0,
      DataApiCalls: 4,
      DataApiErrors: 0,
    });
    const ages = values as unknown as { NewestRecordAgeMs: number; OldestRecordAgeMs: number };
    expect(ages.NewestRecordAgeMs).toBeGreaterThanOrEqual(10_000);
    expect(ages.OldestRecordAgeMs - ages.NewestRecordAgeMs).toBeCloseTo(10_000, 3);
  });

  it('says all of it in its summary line too, and where it stood', async () => {
    await invoke(records(order(0), order(1)));
    const [summary] = summaries();
    expect(summary).toMatchObject({
      level: 'INFO',
      service: 'orders',
      shardId: SHARD_ID,
      firstSequenceNumber: sequenceNumber(0),
      lastSequenceNumber: sequenceNumber(1),
      buildVersion: 'unbundled',
    });
    expect(Object.keys(summary!)).toEqual(expect.arrayContaining(Object.keys(BATCH_METRICS)));
    expect(summary).not.toHaveProperty('holdReason');
  });

  it('begins every document and every line anew; a new process reads the customers, and notes what it works on', async () => {
    await invoke(records(order(0), order(1)), healthy, 2);
    expect(documents().map((line) => [line['DataApiCalls'], line['CacheMisses'], line['CacheHitRatio']])).toEqual([
      [4, 2, 0],
      [1, 0, 100],
    ]);
    expect(summaries()).toHaveLength(2);
  });

  it('has no hit ratio when nothing was looked up', async () => {
    await invoke(records('no json'));
    expect(documents()[0]).toMatchObject({ LookupKeys: 0, EventsQuarantined: 1 });
    expect(documents()[0]).not.toHaveProperty('CacheHitRatio');
  });
});

describe('a batch with rejections', () => {
  it('is committed, and says how many, why and where, but not what was in them', async () => {
    const { response } = await invoke(records(order(0), 'secret{', { id: 'secret' }, 'secret}'));
    expect(response).toEqual({ batchItemFailures: [] });
    const warnings = lines.filter((line) => line['level'] === 'WARN');
    expect(warnings).toEqual([
      expect.objectContaining({ message: 'events quarantined', byReason: { 'not-json': 2, schema: 1 } }),
    ]);
    const where = { level: 'INFO', shardId: SHARD_ID, subSequenceNumber: 0, buildVersion: 'unbundled' };
    expect(lines.filter(({ message }) => message === 'event quarantined')).toEqual([
      expect.objectContaining({ ...where, sequenceNumber: sequenceNumber(1), reason: 'not-json' }),
      expect.objectContaining({ ...where, sequenceNumber: sequenceNumber(2), reason: 'schema' }),
      expect.objectContaining({ ...where, sequenceNumber: sequenceNumber(3), reason: 'not-json' }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});

describe('fields that operators search by', () => {
  it('are those of the lines about quarantined events, held positions and batches', async () => {
    // Half a dollar fits the schema, and no integer column: the id is known by then.
    await invoke(records(order(0), order(1, { amount: 0.5 })));
    await invoke(records(order(2)), (request) => (request.sql.includes('batch_log') ? FAILED : healthy(request)));
    const fieldsOf = (wanted: string): readonly string[] =>
      Object.keys(lines.find(({ message }) => String(message).startsWith(wanted)) ?? {});
    expect(fieldsOf('event quarantined')).toEqual(expect.arrayContaining([...INDEXED_FIELDS.processor]));
    const withoutEvent = INDEXED_FIELDS.processor.filter((field) => field !== 'eventId');
    expect(fieldsOf('position held')).toEqual(expect.arrayContaining(withoutEvent));
    const ofBatches = withoutEvent.filter((field) => field !== 'sequenceNumber');
    expect(fieldsOf('batch')).toEqual(expect.arrayContaining(ofBatches));
  });
});

describe('a held batch', () => {
  it('answers with exactly the first record that is not committed, and says why', async () => {
    const answer = (request: StubRequest) => (request.sql.includes('batch_log') ? FAILED : healthy(request));
    const { response } = await invoke(records(order(0), order(1)), answer);
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumber(0) }] });
    expect(documents()[0]).toMatchObject({ PositionHeld: 1, RecordsHeld: 2, FuseBlown: 0, DataApiErrors: 2 });
    expect(summaries()[0]).toMatchObject({ shardId: SHARD_ID, holdReason: 'configuration' });
    expect(lines.filter((line) => line['level'] === 'ERROR').map((line) => line['message'])).toEqual([
      'position held: DatabaseErrorException: ERROR: no table; a table does not exist: deploy the migration that creates it',
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('leaves a note of the position: which record, when it came, and why it waits', async () => {
    const noted: StubRequest['parameters'][] = [];
    const batch = records(order(0), order(1));
    await invoke(batch, (request) => {
      if (request.sql.includes('held_position')) noted.push(request.parameters);
      return request.sql.includes('batch_log') ? FAILED : healthy(request);
    });
    const [{ kinesis }] = batch as [KinesisRecord];
    expect(noted).toEqual([
      {
        function_name: 'orders',
        code_version: 'unbundled',
        shard_id: SHARD_ID,
        sequence_number: sequenceNumber(0),
        arrived_at_ms: String(kinesis.approximateArrivalTimestamp * 1000),
        reason: 'configuration',
        detail: expect.stringContaining('deploy the migration that creates it') as string,
      },
    ]);
  });

  it('that cannot be noted is held all the same, and one that commits leaves no note', async () => {
    const { response } = await invoke(records(order(0)), (request) =>
      /batch_log|held_position/.test(request.sql) ? FAILED : healthy(request),
    );
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumber(0) }] });
    expect(documents()[0]).toMatchObject({ PositionHeld: 1, DataApiErrors: 3 });
    const statements: string[] = [];
    await invoke(records(order(0)), (request) => {
      statements.push(request.sql);
      return healthy(request);
    });
    expect(statements.join()).not.toContain('held_position');
  });

  it('by the fuse says so in its own metric, and tells all there is to know in one line that quotes no data', async () => {
    vi.stubEnv('FUSE_MIN_EVENTS', '2');
    const { response, requests } = await invoke(records({ id: 'secret' }, { id: 'secret' }), (request) => {
      const { held, max_writes: isRead } = request.parameters;
      if (isRead !== undefined) return remembered(0);
      if (held === undefined) return healthy(request);
      const noted = { ...(JSON.parse(held) as object), sinceMs: Date.UTC(2026, 10, 26, 7) };
      return { body: { records: [[{ stringValue: JSON.stringify(noted) }]] } };
    });
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumber(0) }] });
    // A note about the records and the end of it, what is known of the build, and that it is held; then the position.
    expect(requests).toBe(5);
    expect(documents()[0]).toMatchObject({ FuseBlown: 1, PositionHeld: 1, EventsQuarantined: 0 });
    expect(lines.filter((line) => line['level'] === 'ERROR').map((line) => line['message'])).toEqual([
      expect.stringMatching(
        /^position held: 2 of 2 events would be quarantined, more than 50 %, held since 2026-11-26T07:00:00.000Z, build unbundled, for example schema \(`customer`\): .* roll back, .* the command `ops fuse --allow`$/,
      ),
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('keeps the reserve for answering', async () => {
    vi.stubEnv('TIME_RESERVE_MS', '59900');
    const statements: string[] = [];
    const { response } = await invoke(records(order(0)), (request) => {
      statements.push(request.sql);
      return healthy(request);
    });
    expect(response.batchItemFailures).toHaveLength(1);
    // Only the note of the position is left something of it.
    expect(statements).toEqual([expect.stringContaining('event_processor.held_position')]);
    expect(summaries()[0]).toMatchObject({ holdReason: 'deadline' });
  });
});

describe('a batch that a process died with', () => {
  const died = (first: number, last: number, crashes: number, alone: boolean) =>
    JSON.stringify([[sequenceNumber(first), sequenceNumber(last), crashes, alone, null, null, 'died']]);
  const after = (notes: string) => (request: StubRequest) =>
    request.sql.includes('_q.sequence_number BETWEEN')
      ? { body: { records: [[{ stringValue: notes }, { stringValue: '[]' }]] } }
      : healthy(request);
  const errors = () => lines.filter((line) => line['level'] === 'ERROR');

  it('says how many records it had, and that they are searched', async () => {
    const { response } = await invoke(records(order(0), order(1), order(2)), after(died(0, 2, 0, false)));
    expect(errors()).toEqual([
      expect.objectContaining({
        message: `a process died while working on 3 records, ${sequenceNumber(0)} to ${sequenceNumber(2)}: out of memory, out of time, or ended by the code; they are tried in smaller pieces`,
        crashes: 1,
        records: 3,
      }),
    ]);
    expect(documents()[0]).toMatchObject({ CrashesFound: 1, PositionHeld: 0, EventsQuarantined: 0 });
    // None of them ends the process by itself, so half of them are written first.
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumber(2) }] });
  });

  it('says which record ended its processes, and quarantines it', async () => {
    const { response } = await invoke(records(order(0), order(1)), after(died(1, 1, 2, true)));
    expect(errors().map((line) => line['message'])).toEqual([
      `3 processes died while working on record ${sequenceNumber(1)}, the last one on nothing else: the record is quarantined as kills-function`,
    ]);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'WARN', byReason: { 'kills-function': 1 } }));
    expect(documents()[0]).toMatchObject({ CrashesFound: 1, EventsWritten: 1, EventsQuarantined: 1 });
    expect(response).toEqual({ batchItemFailures: [] });
  });
});

describe('an invocation from an event file', () => {
  it('whose record does not say when and from where it came is a batch like any other', async () => {
    const [{ kinesis }] = records(order(0)) as [KinesisRecord];
    const { data, sequenceNumber } = kinesis;
    const { response } = await invoke([{ kinesis: { data, sequenceNumber } } as unknown as KinesisRecord]);
    expect(response).toEqual({ batchItemFailures: [] });
    const [document = {}] = documents();
    expect(document).toMatchObject({ EventsWritten: 1 });
    // As old as the invocation is, where it could be as old as 1970, or no number at all.
    for (const name of ['NewestRecordAgeMs', 'OldestRecordAgeMs']) expect(document[name]).toBeLessThan(60_000);
    expect(summaries()[0]).toMatchObject({ shardId: 'unknown' });
  });

  it('that holds no records of Kinesis fails with the member that is missing, and asks nobody', async () => {
    await using stub = await startStubDataApi(healthy);
    vi.stubEnv('AWS_ENDPOINT_URL_RDS_DATA', stub.endpoint);
    const handler = createHandler(orders);
    await expect(handler({ detail: {} } as unknown as KinesisStreamEvent, lambdaContext())).rejects.toThrow(
      'expected the event of a Kinesis event source mapping, got one whose `Records` is nothing',
    );
    const queued = { Records: [{ messageId: 'a', body: '{}' }] } as unknown as KinesisStreamEvent;
    await expect(handler(queued, lambdaContext())).rejects.toThrow('`Records[0].kinesis.data` must be the bytes');
    expect(stub.requests).toEqual([]);
  });
});

describe('start-up', () => {
  it('tells everything that is missing in the environment', () => {
    vi.stubEnv('CLUSTER_ARN', '');
    vi.stubEnv('CACHE_TTL_SECONDS', 'soon');
    expect(() => createHandler(orders)).toThrow(
      'the environment variables are invalid:\n' +
        '- `CLUSTER_ARN` must be set, got nothing; the stack sets it\n' +
        '- `CACHE_TTL_SECONDS` must be an integer from 1 to 604800, got "soon"',
    );
  });

  it.each([undefined, 42, { name: 'orders', tables: {} }])('refuses %j, which is no projection', (given) => {
    expect(() => createHandler(given as never)).toThrow(
      '`createHandler` must be given what `defineProjection` returns, got ',
    );
  });

  it('refuses a request limit that the statement alone would use up', () => {
    const wide = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [`column_${n}`, 'double precision' as const]),
    );
    const projection = { ...orders, tables: { ...orders.tables, wide: inserts({ columns: wide }) } };
    vi.stubEnv('MAX_REQUEST_BYTES', '65536');
    expect(() => createHandler(projection)).toThrow(
      /`MAX_REQUEST_BYTES` must be at least \d+ for the statement of this projection, got 65536/,
    );
    vi.stubEnv('MAX_REQUEST_BYTES', '1000000');
    expect(createHandler(projection)).toBeTypeOf('function');
  });
});
