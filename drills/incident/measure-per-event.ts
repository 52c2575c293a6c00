import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFunctionBundle } from '../../build/bundle-function.ts';
import { FRAMEWORK_ROOT } from '../../build/function-folder.ts';
import type { DeploymentPlan } from '../../local/live/deployment-plan.ts';
import type { LiveWorld } from '../../local/live/live-world.ts';
import type { TextEvent } from '../../local/input/event-input.ts';

/** What a sample is taken of. */
export interface SampleSettings {
  /** The deployment that it is compared with: same shards, lanes and memory. */
  readonly plan: DeploymentPlan;
  /** More than can be processed while it lasts. */
  readonly events: readonly TextEvent[];
  readonly dataApiLatencyMs: number;
  /** How long to measure, from the first batch that is done. */
  readonly sampleMs: number;
  readonly signal: AbortSignal;
}

/** What was seen. */
export interface Sample {
  readonly records: number;
  readonly seconds: number;
}

const HANDLER = 'bench/handlers/per-event.ts';

/** Small, so that something is done soon; for one call after the other it makes no difference. */
const BATCH_SIZE = 10;

/**
 * Measures how fast a consumer is that handles one event after the other, three Data API calls each, in the same world:
 * the same database server, stream emulator, number of lanes and latency.
 */
export async function measurePerEvent(world: LiveWorld, settings: SampleSettings): Promise<Sample> {
  const { plan, events, dataApiLatencyMs } = settings;
  const folder = await mkdtemp(join(tmpdir(), 'kinesis-to-aurora-per-event-'));
  try {
    await writeFunctionBundle(HANDLER, folder, { root: FRAMEWORK_ROOT });
    const deployment = await world.deploy({
      ...plan,
      streamSuffix: 'per-event',
      mappingId: `${plan.mappingId}-per-event`,
      mapping: { ...plan.mapping, batchSize: BATCH_SIZE },
      failedBatchesBucket: undefined,
      processor: { ...plan.processor, bundlePath: join(folder, 'index.mjs') },
    });
    await deployment.setEnabled(false);
    deployment.dataApi.setLatencyMs(dataApiLatencyMs);
    await deployment.put(events);
    const done: { readonly atMs: number; readonly records: number }[] = [];
    deployment.observe((event) => {
      if (event.type === 'resolved') done.push({ atMs: performance.now(), records: event.records.length });
    });
    await deployment.setEnabled(true);
    await untilMeasured(done, settings);
    await deployment.setEnabled(false);
    return sampleOf(done, settings.sampleMs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function untilMeasured(
  done: readonly { readonly atMs: number }[],
  { sampleMs, signal }: SampleSettings,
): Promise<void> {
  const isMeasured = (): boolean => performance.now() - (done[0]?.atMs ?? Infinity) >= sampleMs;
  while (!signal.aborted && !isMeasured()) await sleep(20);
}

/** From the first batch that was done: cold starts do not count. */
function sampleOf(done: readonly { readonly atMs: number; readonly records: number }[], sampleMs: number): Sample {
  const [first, ...rest] = done;
  if (first === undefined) return { records: 0, seconds: 0 };
  const within = rest.filter(({ atMs }) => atMs <= first.atMs + sampleMs);
  const records = within.reduce((sum, batch) => sum + batch.records, 0);
  return { records, seconds: ((within.at(-1)?.atMs ?? first.atMs) - first.atMs) / 1000 };
}
