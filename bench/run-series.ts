import type { Arena } from './arena.ts';
import { VerificationError } from './arena.ts';
import type { OpenedSeries, Scale, Series, ThroughputScenario } from './scenario.ts';
import type { Summary } from './statistics.ts';
import { summarize } from './statistics.ts';

/** All runs of one series. */
export interface SeriesResult {
  readonly id: string;
  readonly says: string;
  readonly latencyMs: number;
  readonly events: number;
  /** Events per second, one value per round. */
  readonly rates: readonly number[];
  /** Data API calls per 1,000 events, one value per round. */
  readonly callsPer1000: readonly number[];
  /** Why the series does not count: a run was wrong, however fast. */
  readonly failure: string | undefined;
  /** What ended runs that were made again, in the contender's own words. */
  readonly interruptions: readonly string[];
}

/** Rate of a series that succeeded. */
export function rateOf({ rates, failure }: SeriesResult): Summary | undefined {
  return failure === undefined && rates.length > 0 ? summarize(rates) : undefined;
}

interface Measured {
  readonly series: Series;
  readonly rates: number[];
  readonly callsPer1000: number[];
  events: number;
  failure: string | undefined;
  readonly interruptions: string[];
}

/**
 * Runs the series of several scenarios in turns, every other round backwards, so that what the machine does meanwhile
 * weighs on all of them; empties the tables before each run and verifies them after it.
 */
export async function runSeries(
  scenarios: readonly ThroughputScenario[],
  { arena, scale }: { readonly arena: Arena; readonly scale: Scale },
  onStep: (step: string) => void,
): Promise<readonly SeriesResult[]> {
  const opened: OpenedSeries[] = [];
  try {
    for (const scenario of scenarios) {
      onStep(`${scenario.name}: warming up`);
      await arena.reset();
      opened.push(await scenario.open(arena, scale));
    }
    const measured = opened
      .flatMap(({ series }) => series)
      .map((series): Measured => ({
        series,
        rates: [],
        callsPer1000: [],
        events: 0,
        failure: undefined,
        interruptions: [],
      }));
    for (let round = 0; round < scale.rounds; round += 1) {
      for (const one of round % 2 === 0 ? measured : measured.toReversed()) {
        if (round >= (one.series.maxRounds ?? scale.rounds)) continue;
        onStep(`round ${round + 1} of ${scale.rounds}: ${one.series.id}`);
        await runOnce(one, arena);
      }
    }
    return measured.map(({ series: { id, says, latencyMs }, ...result }) => ({ id, says, latencyMs, ...result }));
  } finally {
    for (const { close } of opened.toReversed()) await close();
  }
}

/** A run that a function ended with an error is not wrong, it is none: it is made again, this often at most. */
const MAX_ATTEMPTS = 3;

async function runOnce(measured: Measured, arena: Arena, attempt = 1): Promise<void> {
  if (measured.failure !== undefined) return;
  try {
    await arena.reset();
    const { events, seconds, calls } = await measured.series.run();
    await arena.verify(events, measured.series.verified);
    measured.events = events;
    measured.rates.push(events / seconds);
    measured.callsPer1000.push((1000 * calls) / events);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof VerificationError) && attempt < MAX_ATTEMPTS) {
      measured.interruptions.push(reason);
      return runOnce(measured, arena, attempt + 1);
    }
    measured.failure = reason;
  }
}
