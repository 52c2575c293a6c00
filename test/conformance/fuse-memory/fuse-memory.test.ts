import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe } from 'vitest';
import { createExecuteStatement } from '../../../data-api/execute.ts';
import type { DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { startDataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { createDataApiFuseMemory } from '../../../processor/quarantine/data-api-fuse-memory.ts';
import { FakeEventStore } from '../../support/fake-event-store.ts';
import { FakeFuseMemory, FakeFuseTable } from '../../support/fake-fuse-memory.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';
import { describeFuseMemory } from './fuse-memory-suite.ts';

describe('the memory of the unit tests', () => {
  describeFuseMemory(() => {
    const [store, table] = [new FakeEventStore(), new FakeFuseTable()];
    return Promise.resolve({
      ofBuild: (codeVersion) => new FakeFuseMemory({ store, table, codeVersion }),
      commit: (codeVersion, write) => {
        store.log.push({ codeVersion, ...write });
        return Promise.resolve();
      },
      allow: (codeVersion) => {
        table.allow(codeVersion, 5_000);
        return Promise.resolve(5_000);
      },
    });
  });
});

describe('the memory in the database', () => {
  let database: TestDatabase;
  let server: DataApiServer;
  let client: RDSDataClient;
  let functions = 0;

  beforeAll(async () => {
    database = await startTestDatabase();
    server = await startDataApiServer({ databaseUrl: database.url });
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    client = new RDSDataClient({ endpoint: server.endpoint, region: server.region, credentials, maxAttempts: 1 });
  });

  afterAll(async () => {
    client.destroy();
    await server.close();
    await database.close();
  });

  describeFuseMemory(() => {
    const functionName = `function-${(functions += 1)}`;
    const { resourceArn: clusterArn, secretArn, database: name } = server;
    const execute = createExecuteStatement(client, { clusterArn, secretArn, database: name });
    return Promise.resolve({
      ofBuild: (codeVersion) => createDataApiFuseMemory(execute, { functionName, codeVersion }),
      commit: async (codeVersion, { events, quarantined, taken, batchSequenceNumber, newestArrivalMs }) => {
        // Events that wait for what may still come say nothing about the build.
        await database.query(
          `INSERT INTO event_processor.batch_log (function_name, shard_id, first_sequence_number, last_sequence_number,
             oldest_arrival_at, newest_arrival_at, records, events, written, duplicates, quarantined, code_version,
             batch_sequence_number, waiting)
           VALUES ($1, 's', 1, 2, to_timestamp($2::double precision / 1000), to_timestamp($2::double precision / 1000),
             1, $3::integer + 3, $4, 0, $5, $6, $7, 3)`,
          [functionName, newestArrivalMs, events, taken, quarantined, codeVersion, batchSequenceNumber],
        );
      },
      allow: async (codeVersion) => {
        const [row] = await database.query(
          `UPDATE event_processor.fuse SET allowed_at = now() WHERE function_name = $1 AND code_version = $2
           RETURNING extract(epoch FROM allowed_at)::double precision * 1000 AS ms`,
          [functionName, codeVersion],
        );
        return Number(row?.['ms']);
      },
    });
  });
});
