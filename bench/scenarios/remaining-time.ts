import { RunProgress } from '../../local/run/run-progress.ts';
import type { Arena } from '../arena.ts';
import type { Run } from '../drain.ts';
import { openFunctionContender } from '../function-contender.ts';
import type { Figure, Finding, RatioResult, SingleScenario } from '../scenario.ts';
import { IN_REGION_LATENCY_MS } from '../scenario.ts';
import { summarize } from '../statistics.ts';

/** Long enough for a batch to be a small part of the last tenth. */
const EVENTS = { quick: 300_000, full: 600_000 };
const SETTINGS = { batchSize: 1_000, lanes: 2, latencyMs: IN_REGION_LATENCY_MS };

/** As often as the terminal looks. */
const LOOK_SECONDS = 0.1;

/** The time is promised from a fifth of the events on. */
const FROM_SHARE = 0.2;

/** In the last tenth a single batch is a tenth of the truth: there the error is told in seconds. */
const LAST_SHARE = 0.1;

/** Where one fifth of a drain took this much longer than another, it was not steady, whatever was shown. */
const STEADY_WITHIN = 0.1;
const PARTS = 5;

/** Drains for one that counts: a busy machine makes few of them steady. */
const ATTEMPTS_PER_ROUND = 2;

/** How wrong the time left was that one run showed. */
export interface ShownError {
  /** Greatest difference to the truth, as a share of it, up to the last tenth; 1 where no time was shown. */
  readonly greatest: number;
  readonly median: number;
  /** Greatest difference in the last tenth, in seconds. */
  readonly atTheEndSeconds: number;
}

/** What the terminal shows as time left, against what was left indeed. */
export const remainingTime: SingleScenario = {
  kind: 'single',
  name: 'remaining-time',
  says: 'the time left shown in a steady drain, after its first fifth, compared with the measured time',
  run: async (arena, { isQuick, rounds }, onStep): Promise<Finding> => {
    const events = isQuick ? EVENTS.quick : EVENTS.full;
    const runs: Run[] = [];
    const steady = (): Run[] => runs.filter((run) => unsteadiness(run) <= STEADY_WITHIN);
    const contender = await openFunctionContender(arena, 'functions/flights/handler.ts');
    try {
      onStep('warming up');
      await drainOnce(arena, () => contender.run({ ...SETTINGS, events }));
      while (steady().length < rounds && runs.length < ATTEMPTS_PER_ROUND * rounds) {
        onStep(`drain ${runs.length + 1}, ${steady().length} of ${rounds} steady ones so far`);
        runs.push(await drainOnce(arena, () => contender.run({ ...SETTINGS, events })));
      }
    } finally {
      await contender.close();
    }
    return { figures: figuresOf(runs, steady()), ratios: { remainingTimeError: ratioOf(runs, steady()) } };
  },
};

function figuresOf(runs: readonly Run[], steady: readonly Run[]): readonly Figure[] {
  const errors = steady.map(shownError);
  const figure = (says: string, unit: string, values: readonly number[]): Figure[] =>
    values.length > 0 ? [{ says, value: summarize(values).median, unit }] : [];
  return [
    { says: 'steady drains', value: steady.length, unit: `of ${runs.length}` },
    ...figure(
      'length of a drain',
      's',
      runs.map(({ seconds }) => seconds),
    ),
    ...figure(
      'error of the time shown, median',
      '% of the truth',
      errors.map(({ median }) => 100 * median),
    ),
    ...figure(
      'error of the time shown, greatest',
      '% of the truth',
      errors.map(({ greatest }) => 100 * greatest),
    ),
    ...figure(
      'greatest error in the last tenth',
      's',
      errors.map(({ atTheEndSeconds }) => atTheEndSeconds),
    ),
  ];
}

async function drainOnce(arena: Arena, run: () => Promise<Run>): Promise<Run> {
  await arena.reset();
  const drained = await run();
  await arena.verify(drained.events, ['flights', 'airport_days', 'latest_departures']);
  return drained;
}

function ratioOf(runs: readonly Run[], steady: readonly Run[]): RatioResult {
  if (steady.length > 0) return summarize(steady.map((run) => shownError(run).greatest)).median;
  const apart = Math.round(100 * summarize(runs.map(unsteadiness)).median);
  return { refused: `no drain was steady, their fifths were ${apart} % apart: the machine is too busy` };
}

/** By what share the slowest fifth of a drain took longer than the fastest. */
export function unsteadiness({ events, progress, seconds }: Pick<Run, 'events' | 'progress' | 'seconds'>): number {
  const secondsAt = (part: number): number =>
    part === 0 ? 0 : (progress.find(({ done }) => done >= (part / PARTS) * events)?.seconds ?? seconds);
  const lengths = Array.from({ length: PARTS }, (_, part) => secondsAt(part + 1) - secondsAt(part));
  return Math.max(...lengths) / Math.min(...lengths) - 1;
}

/** Looks at a run as the terminal did or would have, and compares each answer with what came. */
export function shownError({ events, progress, seconds }: Pick<Run, 'events' | 'progress' | 'seconds'>): ShownError {
  const shown = new RunProgress();
  const errors: number[] = [];
  let atTheEndSeconds = 0;
  for (let look = 0; look * LOOK_SECONDS < seconds; look += 1) {
    const at = look * LOOK_SECONDS;
    const done = progress.findLast((moment) => moment.seconds <= at)?.done ?? 0;
    const { remaining } = shown.add({ atMs: 1000 * at, put: events, done, isAbreast: false, holds: {} });
    if (done < FROM_SHARE * events) continue;
    const truth = seconds - at;
    const error = remaining.kind === 'time' ? Math.abs(remaining.seconds - truth) : truth;
    if (truth > LAST_SHARE * seconds) errors.push(error / truth);
    else atTheEndSeconds = Math.max(atTheEndSeconds, error);
  }
  return { greatest: Math.max(...errors), median: summarize(errors).median, atTheEndSeconds };
}
