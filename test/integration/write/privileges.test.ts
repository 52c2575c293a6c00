import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { createExecuteStatement } from '../../../data-api/execute.ts';
import { FRAMEWORK_GRANTS } from '../../../functions/migrate/ensure-roles.ts';
import type { DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { startDataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { compileProjection } from '../../../processor/compile-projection.ts';
import type { BatchReport } from '../../../processor/process-batch.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { counters, defineProjection, inserts, versions } from '../../../processor/projection.ts';
import { createDataApiEventStore } from '../../../processor/write/data-api-event-store.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

const TABLES = {
  inserts: inserts({ columns: { id: 'text', n: 'integer' }, key: ['id'] }),
  'inserts beside existing rows': inserts({ columns: { id: 'text', n: 'integer' }, key: ['id'], existing: 'keep' }),
  counters: counters({ key: { id: 'text' }, counters: { n: 'integer' } }),
  'counters of existing rows': counters({ key: { id: 'text' }, counters: { n: 'integer' }, create: false }),
  versions: versions({ key: { id: 'text' }, version: { n: 'integer' }, columns: {} }),
  'versions, never removed': versions({ key: { id: 'text' }, version: { n: 'integer' }, columns: {}, removes: false }),
  'versions, patched': versions({ key: { id: 'text' }, version: { n: 'integer' }, columns: {}, patch: true }),
} as const;
const LEAST = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:least';

let database: TestDatabase;
let server: DataApiServer;

beforeAll(async () => {
  database = await startTestDatabase();
  server = await startDataApiServer({
    databaseUrl: database.url,
    secrets: { [LEAST]: { username: 'least', password: 'least' } },
  });
  await database.query(`CREATE ROLE least LOGIN PASSWORD 'least'; GRANT USAGE ON SCHEMA event_processor TO least;
    ${FRAMEWORK_GRANTS.processor.map((grant) => `GRANT ${grant} TO least;`).join('\n')}
    CREATE TABLE t (id text PRIMARY KEY, n integer);`);
});

afterAll(async () => {
  await server.close();
  await database.close();
});

/** Three events, of which two meet in one row, by a role that has been granted no more than this on the table. */
async function writeWith(privileges: readonly string[], kind: keyof typeof TABLES): Promise<BatchReport> {
  await database.query(`TRUNCATE t, event_processor.ledger; REVOKE ALL ON t FROM least;
    ${privileges.length > 0 ? `GRANT ${privileges.join(', ')} ON t TO least` : ''}`);
  if (kind !== 'inserts') await database.query("INSERT INTO t VALUES ('a', 0)");
  if (kind === 'counters of existing rows') await database.query("INSERT INTO t VALUES ('b', 0)");
  const projection: AnyProjection = defineProjection({
    name: 'least',
    schema: z.object({ event: z.string(), id: z.string(), n: z.int() }),
    eventId: ({ event }) => event,
    tables: { t: TABLES[kind] },
    project: ({ id, n }) => ({ t: { id, n } }) as never,
  });
  const client = new RDSDataClient({
    endpoint: server.endpoint,
    region: server.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  const target = { clusterArn: server.resourceArn, secretArn: LEAST, database: server.database };
  const store = createDataApiEventStore(createExecuteStatement(client, target), compileProjection(projection));
  const events = [
    { event: '1', id: 'a', n: 1 },
    { event: '2', id: 'b', n: 2 },
    ...(kind === 'inserts' ? [] : [{ event: '3', id: 'a', n: 3 }]),
  ];
  const records = events.map((data, index) => kinesisRecord({ data, index }));
  try {
    return await processBatch(records, { ...database.createEngine(projection), store }, () => 30_000);
  } finally {
    client.destroy();
  }
}

it.each(Object.keys(TABLES) as (keyof typeof TABLES)[])(
  'a role needs for %s the privileges that the kind declares, and each of them',
  async (kind) => {
    const { privileges } = TABLES[kind];
    expect((await writeWith(privileges, kind)).hold).toBeUndefined();
    for (const left of privileges) {
      const report = await writeWith(
        privileges.filter((privilege) => privilege !== left),
        kind,
      );
      expect(report.hold?.reason, `without ${left}`).toBe('configuration');
    }
  },
);
