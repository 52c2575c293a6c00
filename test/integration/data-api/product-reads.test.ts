import { RDSDataClient } from '@aws-sdk/client-rds-data';
import * as z from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ValueForms } from '../../../local/data-api/encode-value.ts';
import { startDataApiServer, type DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { createQuarantineSource } from '../../../ops/redrive/quarantine-source.ts';
import { createPatientExecute } from '../../../data-api/retry-transient.ts';
import type { RecordToPut } from '../../../kinesis/put-records.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { defineProjection, inserts, lookup } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import { startTestDatabase, type TestDatabase } from '../../support/start-test-database.ts';

/** The forms in which a `real` and JSON may come back; nobody knows for sure which are the service's. */
const FORMS: readonly Partial<ValueForms>[] = [
  { float4Form: 'shortest', jsonText: 'compact' },
  { float4Form: 'widened', jsonText: 'as-printed' },
];

/** The reference rows that the projection was handed. */
const handed: unknown[] = [];

const shipments = defineProjection({
  name: 'shipments',
  schema: z.object({ id: z.string(), part: z.string(), note: z.unknown().optional() }),
  eventId: ({ id }) => id,
  lookups: {
    parts: lookup({
      table: 'parts',
      key: 'id',
      keyType: 'text',
      columns: { weight: 'double precision', spec: 'jsonb' },
      absent: 'reject',
    }),
  },
  lookupKeys: ({ part }) => ({ parts: [part] }),
  tables: { shipments: inserts({ columns: { id: 'text', weight: 'double precision', spec: 'jsonb' } }) },
  project: ({ id, part }, { parts }) => {
    const { weight, spec } = parts(part);
    handed.push({ weight, spec });
    return { shipments: { id, weight, spec } };
  },
});

const SPECS: readonly string[] = [
  '{"name": "a : b, {c}", "sizes": [1.5, 1e3, -2, null], "é": {"deep": [true, "\\u0022 "]}}',
  '[]',
  '"text with  blanks"',
  'null',
];
const WEIGHTS: readonly number[] = [1.048596, 73_849.11, 0.1, 16_777_216];

/** Sequence numbers go on over a file, as they do on a stream. */
let sequence = 0;

describe.each(FORMS)("the product's reads, with %o", (forms) => {
  let database: TestDatabase;
  let server: DataApiServer;
  let client: RDSDataClient;

  beforeAll(async () => {
    database = await startTestDatabase(forms);
    server = await startDataApiServer({ databaseUrl: database.url, ...forms });
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    client = new RDSDataClient({ endpoint: server.endpoint, region: server.region, credentials });
    await database.query(`CREATE TABLE parts (id text PRIMARY KEY, weight real, spec jsonb);
      CREATE TABLE shipments (id text NOT NULL, weight real, spec jsonb)`);
    const rows = 'INSERT INTO parts SELECT * FROM unnest($1::text[], $2::real[], $3::jsonb[])';
    await database.query(rows, [SPECS.map((_, n) => `part-${n}`), WEIGHTS, SPECS]);
  });

  afterAll(async () => {
    client.destroy();
    await server.close();
    await database.close();
  });

  function process(...events: readonly (object | string)[]) {
    const records = events.map((data) => kinesisRecord({ data, index: (sequence += 1) }));
    return processBatch(records, database.createEngine(shipments), () => 30_000);
  }

  it('a lookup of real and jsonb hands over, and writes, the values that are in the table', async () => {
    handed.length = 0;
    const report = await process(...SPECS.map((_, n) => ({ id: `shipment-${n}`, part: `part-${n}` })));
    expect(report.rejections).toEqual([]);
    expect(handed).toEqual(SPECS.map((spec, n) => ({ weight: WEIGHTS[n], spec: JSON.parse(spec) as unknown })));
    const same = `SELECT count(*)::int AS n FROM shipments JOIN parts ON parts.id = 'part-' || right(shipments.id, 1)
      WHERE shipments.weight = parts.weight AND shipments.spec = parts.spec`;
    expect(await database.query(same)).toEqual([{ n: SPECS.length }]);
  });

  it('a quarantined payload comes back byte for byte', async () => {
    const payload = '{"id" : "lost",  "part":"no such part", "note": [1.10, 1e3, -0, 1.048596, "\\u00e9"] }';
    expect((await process(payload)).rejections).toHaveLength(1);
    const { resourceArn: clusterArn, secretArn, database: name } = server;
    const source = createQuarantineSource(
      createPatientExecute({ client, clusterArn, secretArn, database: name }, { timeoutMs: 30_000, maxWaitMs: 0 }),
      {},
    );
    const read: RecordToPut[] = [];
    for await (const { items } of source.pages(10)) for (const item of items) read.push(...(await source.read(item)));
    expect(read.map(({ data }) => Buffer.from(data).toString())).toEqual([payload]);
  });
});
