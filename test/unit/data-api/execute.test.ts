import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { describe, expect, it } from 'vitest';
import { createExecuteStatement } from '../../../data-api/execute.ts';
import { createDataApiEventStore } from '../../../processor/write/data-api-event-store.ts';
import { createDataApiLookupSource } from '../../../processor/lookup/data-api-lookup-source.ts';
import { EscapedRows } from '../../../processor/project/escaped-rows.ts';
import { DatabaseError } from '../../../data-api/classify-error.ts';
import { AmbiguousKey } from '../../../processor/ports.ts';
import { lookup } from '../../../processor/projection.ts';
import type { StubAnswer, StubDataApi } from '../../support/stub-data-api.ts';
import { startStubDataApi } from '../../support/stub-data-api.ts';

const TARGET = { clusterArn: 'arn:cluster', secretArn: 'arn:secret', database: 'db' };
const OPTIONS = { timeoutMs: 5_000 };

function execute({ endpoint }: StubDataApi) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return createExecuteStatement(
    new RDSDataClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }),
    TARGET,
  );
}

async function failureOf(
  answer: StubAnswer | undefined,
  timeoutMs: number,
): Promise<{ error: unknown; requests: number }> {
  await using stub = await startStubDataApi(() => answer);
  const error: unknown = await execute(stub)('SELECT 1', {}, { timeoutMs }).catch((thrown: unknown) => thrown);
  return { error, requests: stub.requests.length };
}

/** The body of the one request that a call makes. */
async function bodyOf(call: (client: RDSDataClient) => Promise<unknown>): Promise<unknown> {
  let sent: unknown;
  const client = new RDSDataClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      handle: ({ body, headers }: { body: Uint8Array; headers: Record<string, string> }) => {
        expect(headers['content-length']).toBe(String(body.length));
        sent = JSON.parse(new TextDecoder().decode(body));
        return Promise.reject(new Error('not sent'));
      },
    },
  });
  await call(client).catch(() => undefined);
  return sent;
}

describe('a Data API call', () => {
  it('sends every parameter as a string', async () => {
    await using stub = await startStubDataApi(() => ({ body: { records: [] } }));
    await execute(stub)('SELECT :a::jsonb', { a: '[1]', b: '' }, OPTIONS);
    expect(stub.requests).toEqual([{ sql: 'SELECT :a::jsonb', parameters: { a: '[1]', b: '' } }]);
  });

  it('sends what the SDK would make of the same parameters, escaped text as the text it stands for', async () => {
    const texts = ['[0,"plain"]', '[1,"\u2028 \\"quoted\\" \\\\ é € 😀"],', 'half \ud800', 'tab\t'];
    const rows = new EscapedRows();
    rows.openRow(1);
    rows.appendString('\u2028 "quoted" \\ é € 😀');
    rows.closeRow();
    const [ours, sdk] = [
      await bodyOf((client) =>
        createExecuteStatement(client, TARGET)(
          'SELECT :a\n',
          { a: texts[0]!, 'b"': [rows.slice(0, rows.length)], c: texts[2]!, d: texts[3]! },
          OPTIONS,
        ),
      ),
      await bodyOf((client) =>
        client.send(
          new ExecuteStatementCommand({
            resourceArn: TARGET.clusterArn,
            secretArn: TARGET.secretArn,
            database: TARGET.database,
            sql: 'SELECT :a\n',
            parameters: ['a', 'b"', 'c', 'd'].map((name, index) => ({ name, value: { stringValue: texts[index]! } })),
          }),
        ),
      ),
    ];
    expect(ours).toEqual(sdk);
  });

  it('is not repeated by the client, whatever the status', async () => {
    for (const [status, errorName, kind] of [
      [500, 'InternalServerErrorException', 'unknown'],
      [504, 'DatabaseUnavailableException', 'transient'],
      [400, 'ThrottlingException', 'transient'],
    ] as const) {
      const { error, requests } = await failureOf({ status, errorName, body: { message: 'no' } }, 5_000);
      expect(error).toBeInstanceOf(DatabaseError);
      expect(error).toMatchObject({ kind, code: errorName });
      expect(requests).toBe(1);
    }
  });

  it('that is not answered in time has an unknown outcome', async () => {
    const { error } = await failureOf(undefined, 150);
    expect(error).toMatchObject({ kind: 'unknown' });
  });

  it('to nobody has an unknown outcome', async () => {
    const stub = await startStubDataApi(() => undefined);
    await stub[Symbol.asyncDispose]();
    await expect(execute(stub)('SELECT 1', {}, OPTIONS)).rejects.toMatchObject({ kind: 'unknown' });
  });

  it('names the SQLSTATE of a database error', async () => {
    const body = { message: 'ERROR: relation "t" does not exist; Position: 15; SQLState: 42P01' };
    const { error } = await failureOf({ status: 400, errorName: 'DatabaseErrorException', body }, 5_000);
    expect(error).toMatchObject({ kind: 'refused', sqlState: '42P01' });
  });
});

describe('the event store', () => {
  const STATEMENTS = { writeSql: 'WITH …', writeWithRejectionsSql: 'WITH parts …' };

  it('reads its counts from the one row of the compiled write', async () => {
    await using stub = await startStubDataApi(() => ({
      body: {
        records: [
          [
            { longValue: 7 },
            { longValue: 1 },
            { longValue: 2 },
            { booleanValue: true },
            { booleanValue: true },
            { longValue: 3 },
          ],
        ],
      },
    }));
    const counts = { written: 7, superseded: 1, existing: 3, quarantined: 2, hasUnidentified: true, hasDue: true };
    const store = createDataApiEventStore(execute(stub), STATEMENTS);
    expect(await store.write({ log: '[]' }, OPTIONS)).toEqual(counts);
    expect(await store.write({ log: '[1]', quarantine: '[]' }, OPTIONS)).toEqual(counts);
    expect(stub.requests).toEqual([
      { sql: 'WITH …', parameters: { log: '[]' } },
      { sql: 'WITH parts …', parameters: { log: '[1]', quarantine: '[]' } },
    ]);
  });

  it('asks for missing parents in one call, by the same statement with its parameters in one object', async () => {
    const message = 'violates foreign key constraint';
    const records = [[{ longValue: 1 }, { stringValue: message }]];
    await using stub = await startStubDataApi(() => ({ body: { records } }));
    const store = createDataApiEventStore(execute(stub), {
      writeSql: `SELECT :log::jsonb, 'a'::text, (:rows_0::jsonb->>0)::integer`,
      writeWithRejectionsSql: '',
    });
    expect(
      await store.missingParents(
        [
          { log: '[1]', rows_0: '[]' },
          { log: '[2]', rows_0: '[]' },
        ],
        OPTIONS,
      ),
    ).toEqual(new Map([[1, message]]));
    expect(stub.requests[0]?.parameters).toEqual({
      statement: `SELECT ($1->>'log')::jsonb, 'a'::text, (($1->>'rows_0')::jsonb->>0)::integer`,
      events: '[{"log":"[1]","rows_0":"[]"},{"log":"[2]","rows_0":"[]"}]',
    });
  });

  it('stores a part with a statement of its own, whose placeholders are all cast', async () => {
    await using stub = await startStubDataApi(() => ({ body: { numberOfRecordsUpdated: 1 } }));
    const store = createDataApiEventStore(execute(stub), STATEMENTS);
    const parameters = { function_name: 'f', part: '["s","1",0,2,0]', bytes: 'AAAA' };
    await store.storePart(parameters, OPTIONS);
    expect(stub.requests).toMatchObject([{ parameters }]);
    expect(stub.requests[0]?.sql.match(/(?<!:):[a-z]\w*(::\w+)?/g)).toEqual([
      ':function_name::text',
      ':bytes::text',
      ':part::jsonb',
    ]);
  });
});

describe('the lookup source', () => {
  const referenceRow = (name: string, asked: number, cells: string, rows = 1) => [
    { stringValue: name },
    { longValue: asked },
    { longValue: rows },
    { stringValue: cells },
  ];
  const lookups = {
    airports: lookup({ table: 'airports', key: 'iata', keyType: 'text', columns: { city: 'text', seats: 'bigint?' } }),
    carriers: lookup({ table: 'carriers', key: 'id', keyType: 'integer', columns: { name: 'text' } }),
  };

  it('reads the rows of all lookups from one result', async () => {
    const records = [referenceRow('airports', 2, '["Detroit", null]'), referenceRow('carriers', 1, '["Delta"]')];
    await using stub = await startStubDataApi(() => ({ body: { records } }));
    const source = createDataApiLookupSource(execute(stub), 'SELECT …', lookups);
    const request = new Map([
      ['airports', ['XXX', 'DTW']],
      ['carriers', ['5']],
    ]);
    const found = await source.read(request, OPTIONS);
    expect(stub.requests).toEqual([{ sql: 'SELECT …', parameters: { keys_0: '["XXX","DTW"]', keys_1: '["5"]' } }]);
    expect(found.get('airports')).toEqual(new Map([['DTW', { city: 'Detroit', seats: null }]]));
    expect(found.get('carriers')).toEqual(new Map([['5', { name: 'Delta' }]]));
    expect(Object.isFrozen(found.get('airports')?.get('DTW'))).toBe(true);
  });

  it('gives no row where several have the key', async () => {
    const records = [referenceRow('airports', 1, '["Detroit", null]', 3)];
    await using stub = await startStubDataApi(() => ({ body: { records } }));
    const source = createDataApiLookupSource(execute(stub), 'SELECT …', lookups);
    const found = await source.read(new Map([['airports', ['DTW']]]), OPTIONS);
    expect(found.get('airports')).toEqual(new Map([['DTW', new AmbiguousKey(3)]]));
  });

  it('gives every value as its column has it, and nothing that a projection could change', async () => {
    const columns = { area: 'double precision?', rank: 'double precision', data: 'jsonb' } as const;
    const source = (stub: StubDataApi) =>
      createDataApiLookupSource(execute(stub), 'SELECT …', {
        airports: lookup({ table: 'airports', key: 'iata', keyType: 'text', columns }),
      });
    const cells = '["1e+23", "NaN", {"id": 12345678901234567890, "list": [{"a": 1}]}]';
    const records = [referenceRow('airports', 1, cells), referenceRow('airports', 2, '[null, "-0.5", 1]')];
    await using stub = await startStubDataApi(() => ({ body: { records } }));
    const found = (await source(stub).read(new Map([['airports', ['DTW', 'ABE']]]), OPTIONS)).get('airports');
    const row = found?.get('DTW') as { readonly data: { readonly list: readonly object[] } };
    expect(row).toEqual({ area: 1e23, rank: NaN, data: { id: 12345678901234567890n, list: [{ a: 1 }] } });
    expect(found?.get('ABE')).toEqual({ area: null, rank: -0.5, data: 1 });
    expect([row, row.data, row.data.list, row.data.list[0]].map(Object.isFrozen)).toEqual([true, true, true, true]);
  });

  it('sends a key of several values as a list', async () => {
    await using stub = await startStubDataApi(() => ({ body: { records: [referenceRow('prices', 1, '[5]')] } }));
    const columns = { cents: 'integer' } as const;
    const prices = lookup({ table: 'prices', key: ['shop', 'sku'], keyType: ['text', 'text'], columns });
    const key = '["s\\"1","k"]';
    const found = await createDataApiLookupSource(execute(stub), 'SELECT …', { prices }).read(
      new Map([['prices', [key, '["s2","k"]']]]),
      OPTIONS,
    );
    expect(stub.requests[0]?.parameters).toEqual({ keys_0: `[${key},["s2","k"]]` });
    expect(found.get('prices')).toEqual(new Map([[key, { cents: 5 }]]));
  });

  it('asks nobody when there are no lookups', async () => {
    await using stub = await startStubDataApi(() => ({ body: {} }));
    expect(await createDataApiLookupSource(execute(stub), undefined, {}).read(new Map(), OPTIONS)).toEqual(new Map());
    expect(stub.requests).toEqual([]);
  });
});
