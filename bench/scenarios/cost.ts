import { dataApiUnits, usageCostUsd, type Usage } from '../../planner/cost.ts';
import { DEFAULT_PRICES } from '../../planner/prices.ts';
import type { VerifiedTable } from '../../local/examples/table-digest.ts';
import { openArenaOn, type Arena } from '../arena.ts';
import { openFunctionContender } from '../function-contender.ts';
import { backendCpu, cpuBetween } from '../process-cpu.ts';
import type { Figure, Finding, Scale, SingleScenario } from '../scenario.ts';
import { DEFAULT_SETTING, FUNCTION_MEMORY_MB, IN_REGION_LATENCY_MS } from '../scenario.ts';
import { compare, summarize } from '../statistics.ts';

/**
 * One ACU has about 2 GiB, and the memory-optimized classes of RDS have 8 GiB for each vCPU. AWS publishes no number; both
 * sides are reckoned with the same, and the database is the smaller part of either.
 */
const VCPU_PER_ACU = 0.25;

const MILLION = 1_000_000;

/** Who is reckoned. */
interface Side {
  readonly name: string;
  readonly entry: string;
  readonly events: (scale: Scale) => number;
  readonly tables: readonly VerifiedTable[];
}

const SIDES: readonly Side[] = [
  {
    name: 'ours',
    entry: 'functions/flights/handler.ts',
    events: ({ events }) => events,
    tables: ['flights', 'airport_days', 'latest_departures'],
  },
  {
    name: 'per event',
    entry: 'bench/handlers/per-event.ts',
    events: ({ slowEvents }) => slowEvents.withLatency,
    tables: ['flights', 'airport_days'],
  },
];

/** What a million events cost, in USD. */
export interface CostOfAMillion {
  readonly lambda: number;
  readonly dataApi: number;
  readonly database: number;
}

/** What was used for some events. */
export interface MeasuredUse extends Usage {
  readonly events: number;
  /** CPU of the database. */
  readonly databaseCpuSeconds: number;
}

/** What a million events cost at the planner's prices: what a stack costs anyway is in neither side. */
export function costOfAMillion({ events, databaseCpuSeconds, ...usage }: MeasuredUse): CostOfAMillion {
  const { lambda, dataApi } = usageCostUsd(usage, DEFAULT_PRICES);
  const acuHours = databaseCpuSeconds / VCPU_PER_ACU / 3_600;
  const perMillion = MILLION / events;
  return {
    lambda: lambda * perMillion,
    dataApi: dataApi * perMillion,
    database: acuHours * DEFAULT_PRICES.acuHourUsd * perMillion,
  };
}

/** What events cost, from what was used for them. */
export const cost: SingleScenario = {
  kind: 'single',
  name: 'cost',
  says: `cost of a million events at ${IN_REGION_LATENCY_MS} ms a call, from measured calls, bytes, time and CPU`,
  run: async ({ postgres }, scale, onStep): Promise<Finding> => {
    const meter = { units: 0 };
    const arena = await openArenaOn(postgres, {
      onAnswer: ({ requestBytes, responseBytes }) => {
        meter.units += dataApiUnits(requestBytes + responseBytes);
      },
    });
    try {
      const uses = SIDES.map((): MeasuredUse[] => []);
      for (const [index, side] of SIDES.entries()) {
        const contender = await openFunctionContender(arena, side.entry);
        try {
          for (let round = 0; round <= scale.rounds; round += 1) {
            onStep(`${side.name}: ${round === 0 ? 'warming up' : `round ${round} of ${scale.rounds}`}`);
            const use = await measure(arena, { side, run: contender.run, meter }, scale);
            if (round > 0) uses[index]?.push(use);
          }
        } finally {
          await contender.close();
        }
      }
      return toFinding(uses);
    } finally {
      await arena.close();
    }
  },
};

interface Measured {
  readonly side: Side;
  readonly run: Awaited<ReturnType<typeof openFunctionContender>>['run'];
  readonly meter: { units: number };
}

async function measure(arena: Arena, { side, run, meter }: Measured, scale: Scale): Promise<MeasuredUse> {
  const events = side.events(scale);
  await arena.reset();
  meter.units = 0;
  const before = await backendCpu(arena.database);
  const { batches } = await run({ ...DEFAULT_SETTING, events, latencyMs: IN_REGION_LATENCY_MS });
  const databaseCpuSeconds = cpuBetween(before, await backendCpu(arena.database));
  await arena.verify(events, side.tables);
  const seconds = batches.reduce((sum, { ms }) => sum + ms / 1000, 0);
  return {
    events,
    invocations: batches.length,
    gbSeconds: (seconds * FUNCTION_MEMORY_MB) / 1024,
    dataApiUnits: meter.units,
    databaseCpuSeconds,
  };
}

function toFinding(uses: readonly (readonly MeasuredUse[])[]): Finding {
  const totals = uses.map((side) => side.map((use) => totalOf(costOfAMillion(use))));
  const [ours = [], perEvent = []] = totals;
  const comparison = compare(ours, perEvent);
  return {
    figures: SIDES.flatMap(({ name }, index) => figuresOf(name, uses[index] ?? [])),
    ratios: { costRatio: comparison.kind === 'ratio' ? comparison.value : { refused: comparison.reason } },
  };
}

function totalOf({ lambda, dataApi, database }: CostOfAMillion): number {
  return lambda + dataApi + database;
}

function figuresOf(name: string, uses: readonly MeasuredUse[]): Figure[] {
  const median = (valueOf: (use: MeasuredUse) => number): number => summarize(uses.map(valueOf)).median;
  const cents = (part: string, costOf: (cost: CostOfAMillion) => number): Figure => ({
    says: `${name}: ${part}`,
    value: 100 * median((use) => costOf(costOfAMillion(use))),
    unit: 'US cents per million events',
  });
  return [
    cents('Lambda', ({ lambda }) => lambda),
    cents('Data API', ({ dataApi }) => dataApi),
    cents('database', ({ database }) => database),
    cents('all of it', totalOf),
    {
      says: `${name}: Data API requests as billed`,
      value: median(({ dataApiUnits, events }) => (MILLION * dataApiUnits) / events),
      unit: 'per million events',
    },
    {
      says: `${name}: CPU of the database`,
      value: median(({ databaseCpuSeconds, events }) => (1e6 * databaseCpuSeconds) / events),
      unit: 'µs per event',
    },
  ];
}
