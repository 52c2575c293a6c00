import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { createExecuteStatement } from '../../processor/adapters/data-api.ts';
import { createDataApiEventStore } from '../../processor/adapters/data-api-event-store.ts';
import { compileProjection } from '../../processor/compile-projection.ts';
import type { KinesisRecord } from '../../processor/core/kinesis-record.ts';
import type { Engine } from '../../processor/process-batch.ts';
import { processBatch } from '../../processor/process-batch.ts';
import { flights } from '../../functions/flights/projection.ts';
import { createFlightsEngine, recordBatches } from '../encode-batches.ts';
import type { Finding, SingleScenario } from '../scenario.ts';
import { COMPARED } from '../scenario.ts';
import { compare, summarize } from '../statistics.ts';
import { LOCAL_CREDENTIALS } from '../../local/local-credentials.ts';

const EVENTS = 20_000;
const WARM_UP_ROUNDS = 5;
const ROUNDS = { quick: 15, full: 31 };

/** CPU of this thread per event, from records to the body of the request, against the least that JSON takes. */
export const cpuFloor: SingleScenario = {
  kind: 'single',
  name: 'cpu-floor',
  says: 'processor CPU per event, decode to request body, against base64 + JSON.parse + JSON.stringify',
  run: async (arena, { isQuick }, onStep): Promise<Finding> => {
    const batches = recordBatches(arena.events, EVENTS, COMPARED.batchSize);
    const engine = engineWithoutNetwork();
    const [processor, floor]: [number[], number[]] = [[], []];
    const rounds = isQuick ? ROUNDS.quick : ROUNDS.full;
    for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
      onStep(`round ${Math.max(0, round + 1)} of ${rounds}`);
      const ours = await cpuPerEvent(() => processAll(batches, engine));
      const least = await cpuPerEvent(() => {
        parseAndStringify(batches);
      });
      if (round < 0) continue;
      processor.push(ours);
      floor.push(least);
    }
    const comparison = compare(processor, floor);
    return {
      figures: [
        { says: 'processor', value: summarize(processor).median, unit: 'µs of CPU per event' },
        { says: 'floor', value: summarize(floor).median, unit: 'µs of CPU per event' },
      ],
      ratios: { cpuVsFloor: comparison.kind === 'ratio' ? comparison.value : { refused: comparison.reason } },
    };
  },
};

/** The engine with the SDK's real client, whose requests are made and then go nowhere. */
function engineWithoutNetwork(): Engine {
  const answer = Buffer.from('{"numberOfRecordsUpdated":0,"records":[[{"longValue":0},{"longValue":0}]]}');
  const client = new RDSDataClient({
    region: 'us-east-1',
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
    requestHandler: { handle: () => Promise.resolve({ response: { statusCode: 200, headers: {}, body: answer } }) },
  });
  const execute = createExecuteStatement(client, { clusterArn: 'cluster', secretArn: 'secret', database: 'database' });
  const store = createDataApiEventStore(execute, compileProjection(flights));
  return createFlightsEngine(store, everywhere());
}

/** Reference rows without a database: any airport is in a place of average length. */
function everywhere(): ReadonlyMap<string, { readonly city: string; readonly state: string }> {
  const place = { city: 'Salt Lake', state: 'UT' };
  const codes = new Map<string, typeof place>();
  codes.get = () => place;
  return codes;
}

async function processAll(batches: readonly (readonly KinesisRecord[])[], engine: Engine): Promise<void> {
  for (const batch of batches) {
    const { committedRecords, rejections } = await processBatch(batch, engine, () => 60_000);
    if (committedRecords === batch.length && rejections.length === 0) continue;
    throw new Error(`${batch.length} records must be committed, got ${committedRecords}`);
  }
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

async function cpuPerEvent(work: () => Promise<void> | void): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / EVENTS;
}
