import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { flights } from '../../functions/flights/projection.ts';
import { LOCAL_CREDENTIALS } from '../../local/local-credentials.ts';
import { createExecuteStatement } from '../../data-api/execute.ts';
import { createDataApiEventStore } from '../../processor/write/data-api-event-store.ts';
import { writeStatementBody } from '../../data-api/statement-body.ts';
import { compileProjection } from '../../processor/compile-projection.ts';
import { completeRecords } from '../../processor/decode/complete-records.ts';
import type { KinesisRecord } from '../../processor/decode/item.ts';
import type { EventStore } from '../../processor/ports.ts';
import type { Engine } from '../../processor/batch-rounds.ts';
import { processBatch } from '../../processor/process-batch.ts';
import { createFlightsEngine, recordBatches, storeOfWrites } from '../encode-batches.ts';
import type { Figure, Finding, SingleScenario } from '../scenario.ts';
import { DEFAULT_SETTING } from '../scenario.ts';
import { compare, summarize } from '../statistics.ts';

const EVENTS = 20_000;
/** CPU time is counted in steps of milliseconds: what is measured must be long against them. */
const PASSES = 5;
const WARM_UP_ROUNDS = 3;
const ROUNDS = { quick: 7, full: 21 };

/** CPU of this thread per event, from records to the body of the request, against the least that JSON takes. */
export const cpuFloor: SingleScenario = {
  kind: 'single',
  name: 'cpu-floor',
  says: 'processor CPU per event, decode to request body, against base64 + JSON.parse + JSON.stringify',
  run: async (arena, { isQuick }, onStep): Promise<Finding> => {
    const batches = recordBatches(arena.events, EVENTS, DEFAULT_SETTING.batchSize);
    const work = {
      processor: processing(batches, createFlightsEngine(storeThatWritesBodies(), everywhere())),
      sent: processing(batches, createFlightsEngine(storeWithoutNetwork(), everywhere())),
      floor: () => {
        parseAndStringify(batches);
        return Promise.resolve();
      },
    };
    const cpu = { processor: [] as number[], sent: [] as number[], floor: [] as number[] };
    const rounds = isQuick ? ROUNDS.quick : ROUNDS.full;
    for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
      onStep(`round ${Math.max(0, round + 1)} of ${rounds}`);
      for (const name of ['processor', 'sent', 'floor'] as const) {
        const microseconds = await cpuPerEvent(work[name]);
        if (round >= 0) cpu[name].push(microseconds);
      }
    }
    const comparison = compare(cpu.processor, cpu.floor);
    return {
      figures: [
        figure('processor, from records to the body of the request', cpu.processor),
        figure('the same, signed and handed over by the SDK', cpu.sent),
        figure('floor', cpu.floor),
      ],
      ratios: { cpuVsFloor: comparison.kind === 'ratio' ? comparison.value : { refused: comparison.reason } },
    };
  },
};

function figure(says: string, values: readonly number[]): Figure {
  return { says, value: summarize(values).median, unit: 'µs of CPU per event' };
}

const TARGET = { clusterArn: 'cluster', secretArn: 'secret', database: 'database' };

/** A store for which a request ends as a body. */
function storeThatWritesBodies(): EventStore {
  const { clusterArn: resourceArn, secretArn, database } = TARGET;
  const members = { resourceArn, secretArn, database, sql: compileProjection(flights).writeSql };
  return storeOfWrites((parameters) => {
    writeStatementBody(members, parameters);
  });
}

/** The SDK's real client, whose requests are made and then go nowhere. */
function storeWithoutNetwork(): EventStore {
  const answer = Buffer.from(
    '{"numberOfRecordsUpdated":0,"records":[[{"longValue":0},{"longValue":0},{"longValue":0}]]}',
  );
  const client = new RDSDataClient({
    region: 'us-east-1',
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
    requestHandler: { handle: () => Promise.resolve({ response: { statusCode: 200, headers: {}, body: answer } }) },
  });
  return createDataApiEventStore(createExecuteStatement(client, TARGET), compileProjection(flights));
}

/** Reference rows without a database: any airport is in a place of average length. */
function everywhere(): ReadonlyMap<string, { readonly city: string; readonly state: string }> {
  const place = { city: 'Salt Lake', state: 'UT' };
  const codes = new Map<string, typeof place>();
  codes.get = () => place;
  return codes;
}

function processing(batches: readonly (readonly KinesisRecord[])[], engine: Engine): () => Promise<void> {
  return async () => {
    for (const batch of batches) {
      const { committedRecords, rejections } = await processBatch(
        completeRecords(batch, Date.now()),
        engine,
        () => 60_000,
      );
      if (committedRecords === batch.length && rejections.length === 0) continue;
      throw new Error(`${batch.length} records must be committed, got ${committedRecords}`);
    }
  };
}

/** Nothing is optimized away: the text is asked for its length. */
function parseAndStringify(batches: readonly (readonly KinesisRecord[])[]): void {
  let characters = 0;
  for (const batch of batches) {
    const events = batch.map(
      ({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')) as unknown,
    );
    characters += JSON.stringify(events).length;
  }
  if (characters === 0) throw new Error('the events have no text');
}

async function cpuPerEvent(work: () => Promise<void>): Promise<number> {
  const before = process.threadCpuUsage();
  for (let pass = 0; pass < PASSES; pass += 1) await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / (PASSES * EVENTS);
}
