import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pruneEnvironment } from '../../../contract/maintenance-environment.ts';
import { createStream } from '../../../local/kinesis/create-stream.ts';
import { startKinesis, type KinesisEmulator } from '../../../local/kinesis/start-kinesis.ts';
import { SECRETS, startDeployedWorld, type DeployedWorld } from '../migrate/deployed-world.ts';

let world: DeployedWorld;
let emulator: KinesisEmulator;
let kinesis: KinesisClient;
let database: string;
let streams = 0;

beforeAll(async () => {
  [world, emulator] = await Promise.all([startDeployedWorld(), startKinesis()]);
  kinesis = emulator.client();
  database = await world.createDatabase();
  await world.migrate(database);
});

afterAll(async () => {
  kinesis.destroy();
  await Promise.all([world.close(), emulator.stop()]);
});

interface TestStream {
  readonly name: string;
  readonly arn: string;
}

async function newStream(): Promise<TestStream> {
  streams += 1;
  const name = `stream-${streams}`;
  return { name, arn: await createStream(kinesis, { streamName: name, shardCount: 1 }) };
}

describe('pruning, bundled as it is deployed', () => {
  const prune = ({ name, arn }: TestStream, ledgerRetentionHours: number): Promise<unknown> =>
    world.invoke(
      world.code.prune.folder,
      {
        ...pruneEnvironment.encode({
          clusterArn: world.server.resourceArn,
          secretArn: SECRETS.maintenance.arn,
          database,
          functionName: name,
          streamArn: arn,
          ledgerRetentionHours,
          batchLogRetentionHours: 48,
        }),
        AWS_ENDPOINT_URL_KINESIS: emulator.endpoint,
      },
      {},
    );

  test('deletes parts of payloads that a day has passed over, which no invocation can need any more', async () => {
    const stream = await newStream();
    await world.query(
      database,
      `INSERT INTO event_processor.quarantine_part (function_name, shard_id, sequence_number, sub_sequence_number,
         parts, part, bytes, committed_at)
       SELECT name, 's', hours, 0, 1, 0, 'x', now() - make_interval(hours => hours)
       FROM unnest(ARRAY['${stream.name}', 'neighbour']) AS name, unnest(ARRAY[0, 23, 25, 10000]) AS hours`,
    );
    await prune(stream, 72);
    await expect(
      world.query(
        database,
        `SELECT function_name AS name, array_agg(sequence_number::int ORDER BY sequence_number) AS hours
         FROM event_processor.quarantine_part GROUP BY 1 ORDER BY 1`,
      ),
    ).resolves.toEqual([
      { name: 'neighbour', hours: [0, 23, 25, 10000] },
      { name: stream.name, hours: [0, 23] },
    ]);
  });

  test('deletes notes of positions that nobody has held for a day', async () => {
    const stream = await newStream();
    await world.query(
      database,
      `INSERT INTO event_processor.held_position (function_name, shard_id, sequence_number, arrived_at, reason, detail,
         code_version, last_held_at)
       SELECT '${stream.name}', 's', hours, now(), 'fuse', 'd', 'v', now() - make_interval(hours => hours)
       FROM unnest(ARRAY[0, 23, 25]) AS hours`,
    );
    await prune(stream, 72);
    await expect(
      world.query(
        database,
        `SELECT array_agg(sequence_number::int ORDER BY sequence_number) AS hours
         FROM event_processor.held_position WHERE function_name = '${stream.name}'`,
      ),
    ).resolves.toEqual([{ hours: [0, 23] }]);
  });

  test('keeps tombstones as long as the ledger, and what a created row leaves for an hour', async () => {
    const stream = await newStream();
    await world.query(
      database,
      `INSERT INTO event_processor.tombstone (function_name, table_name, key, version, committed_at)
       SELECT name, 't', kind || hours, CASE kind WHEN 'gone ' THEN '[1]'::jsonb END, now() - make_interval(hours => hours)
       FROM unnest(ARRAY['${stream.name}', 'neighbour']) AS name, unnest(ARRAY['gone ', 'made ']) AS kind,
         unnest(ARRAY[0, 2, 71, 73]) AS hours`,
    );
    await prune(stream, 72);
    await expect(
      world.query(
        database,
        `SELECT function_name AS name, array_agg(key ORDER BY key) AS keys FROM event_processor.tombstone GROUP BY 1 ORDER BY 1`,
      ),
    ).resolves.toEqual([
      { name: 'neighbour', keys: ['gone 0', 'gone 2', 'gone 71', 'gone 73', 'made 0', 'made 2', 'made 71', 'made 73'] },
      { name: stream.name, keys: ['gone 0', 'gone 2', 'gone 71', 'made 0'] },
    ]);
  });

  test('deletes notes about records that nobody has delivered for a day', async () => {
    const stream = await newStream();
    await world.query(
      database,
      `INSERT INTO event_processor.in_flight (function_name, code_version, shard_id, first_sequence_number,
         last_sequence_number, crashes, alone, started_at)
       SELECT name, 'v', 's', hours, hours, 0, false, now() - make_interval(hours => hours)
       FROM unnest(ARRAY['${stream.name}', 'neighbour']) AS name, unnest(ARRAY[0, 23, 25]) AS hours`,
    );
    await prune(stream, 72);
    await expect(
      world.query(
        database,
        `SELECT function_name AS name, array_agg(first_sequence_number::int ORDER BY first_sequence_number) AS hours
         FROM event_processor.in_flight GROUP BY 1 ORDER BY 1`,
      ),
    ).resolves.toEqual([
      { name: 'neighbour', hours: [0, 23, 25] },
      { name: stream.name, hours: [0, 23] },
    ]);
  });

  test('deletes what is older than both the setting and the retention of the stream, of its function only', async () => {
    const stream = await newStream();
    const names = [stream.name, 'neighbour'];
    for (const name of names) {
      await world.query(
        database,
        `INSERT INTO event_processor.ledger (function_name, event_id, committed_at)
        SELECT '${name}', hours::text, now() - make_interval(hours => hours) FROM unnest(ARRAY[1, 47, 49, 71, 73, 10000]) AS hours`,
      );
    }
    const left = (name: string): Promise<readonly object[]> =>
      world.query(
        database,
        `SELECT event_id::int AS hours FROM event_processor.ledger WHERE function_name = '${name}' ORDER BY 1`,
      );

    await prune(stream, 72);
    expect(await left(stream.name)).toEqual([1, 47, 49, 71].map((hours) => ({ hours })));
    // The stream keeps records for a day: with a day on top, nothing younger than two days goes whatever is set.
    await prune(stream, 24);
    expect(await left(stream.name)).toEqual([1, 47].map((hours) => ({ hours })));
    expect(await left('neighbour')).toHaveLength(6);
  });
});
