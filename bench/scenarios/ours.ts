import type { DrainSettings } from '../drain.ts';
import type { FunctionContender } from '../function-contender.ts';
import { openFunctionContender } from '../function-contender.ts';
import type { Scale, Series, ThroughputScenario } from '../scenario.ts';
import { COMPARED, DEFAULT_SETTING, IN_REGION_LATENCY_MS } from '../scenario.ts';

const BATCH_SIZES = [100, 1_000, 5_000, 10_000] as const;
const FACTORS = [1, 2, 4, 10] as const;
const VERIFIED = ['flights', 'airport_days', 'latest_departures'] as const;

/** All real flights five times, over ten environments: every airport is in their caches then, and their code is compiled. */
const WARM_UP_EVENTS = 100_000;

/** Rounds of the settings that are only there to show what a setting does. */
const SWEEP_ROUNDS = 3;

/** How a stream is cut into batches, and how many are in flight. */
export type Setting = Pick<DrainSettings, 'batchSize' | 'lanes'>;

/** Name of a series of this scenario. */
export function oursId({ batchSize, lanes }: Setting, latencyMs: number): string {
  return `ours@${latencyMs}ms batch ${batchSize} factor ${lanes}`;
}

/** Name of the series that shows what a cold start and an empty cache cost. */
export function oursColdId(latencyMs: number): string {
  return `ours@${latencyMs}ms cold`;
}

/** This project, as it is deployed. */
export const ours: ThroughputScenario = {
  kind: 'throughput',
  name: 'ours',
  says: 'the flights function of this project, bundled, in execution environments',
  open: async (arena, scale) => {
    const contender = await openFunctionContender(arena, 'functions/flights/handler.ts');
    await warmUp(contender, scale);
    const series = settings(scale).flatMap((setting) =>
      [0, IN_REGION_LATENCY_MS].map((latencyMs): Series => {
        const run = () => contender.run({ events: scale.events, ...setting, latencyMs });
        const says = `batch size ${setting.batchSize}, parallelization factor ${setting.lanes}, warm`;
        const series: Series = { id: oursId(setting, latencyMs), says, latencyMs, verified: VERIFIED, run };
        return isCompared(setting, latencyMs) ? series : { ...series, maxRounds: SWEEP_ROUNDS };
      }),
    );
    const coldSeries = (latencyMs: number): Series => ({
      id: oursColdId(latencyMs),
      says: 'batch size 1000, parallelization factor 1, new environment, empty cache',
      latencyMs,
      verified: VERIFIED,
      run: () => contender.runCold({ events: scale.events, batchSize: DEFAULT_SETTING.batchSize, lanes: 1, latencyMs }),
    });
    const cold = [coldSeries(0), { ...coldSeries(IN_REGION_LATENCY_MS), maxRounds: SWEEP_ROUNDS }];
    return { series: [...series, ...cold], close: contender.close };
  },
};

/** The settings that peers are compared with, and the two that show what a larger batch costs. */
function isCompared({ batchSize, lanes }: Setting, latencyMs: number): boolean {
  if (lanes === COMPARED.lanes) return true;
  return latencyMs === 0 && lanes === 1 && (batchSize === 1_000 || batchSize === 10_000);
}

/** Every environment that a later run may use has to have run before. */
async function warmUp(contender: FunctionContender, scale: Scale): Promise<void> {
  const lanes = Math.max(...settings(scale).map((setting) => setting.lanes));
  await contender.run({ events: WARM_UP_EVENTS, batchSize: 500, lanes, latencyMs: 0 });
}

/** Batch sizes with one batch in flight, factors with the default batch size; a quick bench has what ratios need. */
function settings({ isQuick }: Scale): readonly Setting[] {
  if (isQuick) return [{ batchSize: 1_000, lanes: 1 }, { batchSize: 10_000, lanes: 1 }, DEFAULT_SETTING, COMPARED];
  return [
    ...BATCH_SIZES.map((batchSize) => ({ batchSize, lanes: 1 })),
    ...FACTORS.filter((factor) => factor > 1).map((lanes) => ({ batchSize: DEFAULT_SETTING.batchSize, lanes })),
    COMPARED,
  ];
}
