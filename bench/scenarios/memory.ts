import { openFunctionContender } from '../function-contender.ts';
import type { Figure, Finding, SingleScenario } from '../scenario.ts';
import { summarize } from '../statistics.ts';

const EVENTS = { quick: 40_000, full: 1_000_000 };
const BATCH_SIZE = 1_000;

interface HeapProbe {
  readonly invocations: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

const MEBIBYTE = 1024 * 1024;

/** Heap of one environment over many events: flat once it is warm, or it leaks. */
export const memory: SingleScenario = {
  kind: 'single',
  name: 'memory',
  says: 'heap of one environment after a collection, over a million events',
  run: async (arena, { isQuick }, onStep): Promise<Finding> => {
    const events = isQuick ? EVENTS.quick : EVENTS.full;
    const probes: HeapProbe[] = [];
    const contender = await openFunctionContender(arena, 'bench/handlers/heap-probe.ts', (line) => {
      const probe = readProbe(line);
      if (probe === undefined) return;
      probes.push(probe);
      onStep(`${(probe.invocations * BATCH_SIZE).toLocaleString('en-US')} of ${events.toLocaleString('en-US')} events`);
    });
    try {
      await arena.reset();
      await contender.run({ events, batchSize: BATCH_SIZE, lanes: 1, latencyMs: 0 });
      await arena.verify(events, ['flights', 'airport_days', 'latest_departures']);
    } finally {
      await contender.close();
    }
    return toFinding(events, probes);
  },
};

function readProbe(line: string): HeapProbe | undefined {
  if (!line.startsWith('{"heapProbe"')) return undefined;
  return (JSON.parse(line) as { readonly heapProbe: HeapProbe }).heapProbe;
}

/** Looks at the heap that are told, evenly spread over the run. */
const TOLD_PROBES = 5;

/** The first quarter warms up; the second and the last tell whether anything grows. */
function toFinding(events: number, probes: readonly HeapProbe[]): Finding {
  const quarter = Math.floor(probes.length / 4);
  const heap = (from: number, to: number) => summarize(probes.slice(from, to).map(({ heapBytes }) => heapBytes)).median;
  const [early, late] = [heap(quarter, 2 * quarter), heap(probes.length - quarter, probes.length)];
  return {
    figures: [
      { says: 'events through one environment', value: events, unit: 'events' },
      ...overTime(probes),
      mebibytes('heap, median of the second quarter', early),
      mebibytes('heap, median of the last quarter', late),
    ],
    ratios: { heapGrowthBytes: Math.round(late - early) },
  };
}

/** The resident set is of the environment's own process. */
function overTime(probes: readonly HeapProbe[]): Figure[] {
  const told = Array.from(
    { length: TOLD_PROBES },
    (_, index) => probes[Math.ceil(((index + 1) * probes.length) / TOLD_PROBES) - 1],
  );
  return told.flatMap((probe) => {
    if (probe === undefined) return [];
    const after = `after ${(probe.invocations * BATCH_SIZE).toLocaleString('en-US')} events`;
    return [mebibytes(`${after}: heap`, probe.heapBytes), mebibytes(`${after}: resident set`, probe.rssBytes)];
  });
}

function mebibytes(says: string, bytes: number): Figure {
  return { says, value: bytes / MEBIBYTE, unit: 'MiB' };
}
