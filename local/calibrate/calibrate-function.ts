import { FunctionError } from '../../build/prepare-function.ts';
import { functionFolder, unknownFunctionProblem } from '../../build/function-folder.ts';
import type { InputOptions } from '../../command-line/input-options.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { countCalls, type DataApiServer } from '../data-api/start-data-api-server.ts';
import { readLocalSettings } from '../examples/local-settings.ts';
import type { InputEvent } from '../input/event-input.ts';
import { MemoryStream, type AppendedRecord } from '../mapping/memory-source.ts';
import { hear, type HeardFunction } from '../run/consumer.ts';
import { openInput } from '../run/open-input.ts';
import { startWorld, type Running } from '../run/start-world.ts';
import { drainBacklog, type DrainedBacklog } from './drain-backlog.ts';
import { WrittenTables } from './written-tables.ts';

/** Which function is measured, and with which events. */
export interface CalibrationOptions extends InputOptions {
  /** Folder under `functions/`, or its path. */
  readonly functionName: string;
}

/** What was measured of a function on this machine. */
export interface FunctionCalibration {
  readonly functionName: string;
  /** Each invocation, of a few records and of many: one after the other, at no latency. */
  readonly batches: DrainedBacklog['batches'];
  /** Data API calls of a batch, on average. */
  readonly callsPerBatch: number;
  /** Bytes of a record's data and partition key, on average. */
  readonly recordBytes: number;
  /** Different events that it was measured with. */
  readonly events: number;
  /** Shares, 0 to 1, of the events that changed no table of the function. */
  readonly quarantinedShare: number;
  readonly duplicateShare: number;
}

/** What a measurement needs beside its options. */
export interface CalibrationConsole {
  /** Hears what is being done. */
  readonly progress: (line: string) => void;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** Events that are enough: more than fit into a batch many times over, and not much work. */
const MOST_EVENTS = 60_000;

/** Of fewer events, batches of two sizes can hardly be told apart. */
const LEAST_EVENTS = 20;

/** What batches are measured: two sizes make a line. Small and large ones take turns, so that whatever else the machine does weighs on both. */
const LARGE = { records: 1_000, batches: 10, inAll: 24 } as const;
const SMALL = { partOfLarge: 1 / 10, batches: 20 } as const;

/** Until the code is compiled and caches are warm. */
const WARM_UP_EVENTS = 20_000;

/**
 * Measures how long batches of a function take: its bundle as it would be deployed, in an execution environment on this machine,
 * in front of a PostgreSQL that is started for it.
 *
 * @throws {@link UsageError} for a function or events that are not there, {@link FunctionError} for a function that can't be used or whose batches
 * fail, and the signal's reason
 */
export async function calibrateFunction(
  options: CalibrationOptions,
  { progress, signal }: CalibrationConsole,
): Promise<FunctionCalibration> {
  const unknown = await unknownFunctionProblem('--function', options.functionName);
  if (unknown !== undefined) throw new UsageError([unknown]);
  const folder = functionFolder(options.functionName);
  const settings = await readLocalSettings(folder);
  const input = await openInput({ ...options, functions: [folder.name] }, [settings]);
  const records = [...firstRecords(input.events())];
  if (records.length < LEAST_EVENTS) {
    throw new UsageError([
      `\`--calibrate\` needs at least ${LEAST_EVENTS} events, got ${records.length}; pass a longer file with \`--input FILE\``,
    ]);
  }
  signal.throwIfAborted();
  await using cleanUp = new AsyncDisposableStack();
  const world = await startWorld({
    functions: [hear(folder, () => undefined)],
    examples: settings.example === undefined ? [] : [settings.example],
    options: { databaseUrl: undefined, dataApiLatencyMs: 0, source: 'memory', shards: 1 },
    onStep: (step) => {
      progress(`measuring ${folder.name}: starting ${step}`);
    },
  });
  cleanUp.defer(() => world.close());
  const [running] = world.functions;
  if (running === undefined) throw new Error('a world must have the function that it was started for');
  const tables = cleanUp.use(await WrittenTables.open(world.postgres.url, running.tables));
  return await new Measurement({ records, running, tables, dataApi: world.dataApi, progress, signal }).run();
}

function* firstRecords(events: Iterable<InputEvent>): Generator<AppendedRecord> {
  let taken = 0;
  for (const { partitionKey, data } of events) {
    yield { partitionKey, data: Buffer.from(data).toString('base64') };
    taken += 1;
    if (taken === MOST_EVENTS) return;
  }
}

interface MeasurementParts extends CalibrationConsole {
  readonly records: readonly AppendedRecord[];
  readonly running: Running<HeardFunction>;
  readonly tables: WrittenTables;
  readonly dataApi: Pick<DataApiServer, 'calls'>;
}

/** Lets a function work off small backlogs, and keeps what its batches took. */
class Measurement {
  readonly #parts: MeasurementParts;
  /** Where the next backlog begins; behind the last event comes the first one again. */
  #next = 0;

  constructor(parts: MeasurementParts) {
    this.#parts = parts;
  }

  async run(): Promise<FunctionCalibration> {
    const { records, running, dataApi, progress } = this.#parts;
    const largeRecords = Math.min(LARGE.records, Math.floor(records.length / 2));
    const large = {
      batchSize: largeRecords,
      batches: Math.min(LARGE.batches, Math.floor(records.length / largeRecords)),
    };
    const small = { batchSize: Math.ceil(largeRecords * SMALL.partOfLarge), batches: SMALL.batches };
    progress(`measuring ${running.folder.name}: warming up`);
    const warmUps = Math.ceil(
      Math.min(WARM_UP_EVENTS, MOST_WARM_UPS * records.length) / (large.batchSize * large.batches),
    );
    for (let drain = 0; drain < warmUps; drain += 1) await this.#drain(large);
    const callsBefore = countCalls(dataApi);
    const batches: DrainedBacklog['batches'][number][] = [];
    const rounds = Math.ceil(LARGE.inAll / large.batches);
    for (let round = 0; round < rounds; round += 1) {
      progress(`measuring ${running.folder.name}: round ${round + 1} of ${rounds}`);
      batches.push(...(await this.#drain(small)), ...(await this.#drain(large)));
    }
    const totals = running.log.totals();
    const shareOf = (count: number): number => count / Math.max(1, totals.EventsReceived);
    return {
      functionName: running.folder.name,
      batches,
      callsPerBatch: (countCalls(dataApi) - callsBefore) / batches.length,
      recordBytes: mean(records.map(bytesOf)),
      events: records.length,
      quarantinedShare: shareOf(totals.EventsQuarantined),
      duplicateShare: shareOf(totals.EventsDuplicate),
    };
  }

  /** One after the other, so that nothing but the batch itself takes its time. */
  async #drain({ batchSize, batches }: { readonly batchSize: number; readonly batches: number }) {
    const { running, tables, signal } = this.#parts;
    signal.throwIfAborted();
    await tables.empty();
    const records = Math.min(batchSize * batches, this.#parts.records.length);
    const source = new MemoryStream({ shardCount: 1 });
    source.append(this.#take(records));
    const settings = { batchSize, parallelizationFactor: 1 };
    try {
      return (await drainBacklog({ source, runtime: running.runtime, settings, records, signal })).batches;
    } catch (error) {
      signal.throwIfAborted();
      throw this.#explain(error);
    }
  }

  *#take(count: number): Generator<AppendedRecord> {
    const { records } = this.#parts;
    for (let taken = 0; taken < count; taken += 1) {
      const record = records[this.#next];
      this.#next = (this.#next + 1) % records.length;
      if (record !== undefined) yield record;
    }
  }

  /** What the function said tells more than that a batch failed. */
  #explain(error: unknown): FunctionError {
    const { folder, log, failures } = this.#parts.running;
    const said = [...failures.takeLines(), ...log.takeProblems().map(({ message }) => message)];
    const reason = said.at(-1) ?? String(error);
    return new FunctionError(folder.name, [`every batch must succeed to be measured, got one that did not: ${reason}`]);
  }
}

/** The same few events again and again warm nothing up any further. */
const MOST_WARM_UPS = 5;

function bytesOf({ partitionKey, data }: AppendedRecord): number {
  return Buffer.byteLength(partitionKey) + Buffer.byteLength(data, 'base64');
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
