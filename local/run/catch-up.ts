/** What is seen of a run from moment to moment. */
export interface CatchUp {
  /** Events put on the stream so far. */
  readonly put: number;
  /** Events the mapping is done with. */
  readonly done: number;
  /** Age of the last record of the batch sent last, in milliseconds. */
  readonly iteratorAgeMs: number;
}

/** How fast a run goes and when it will be done. */
export interface Pace {
  readonly eventsPerSecond: number;
  /** Seconds until caught up; Infinity when the backlog does not shrink. */
  readonly secondsLeft: number;
}

interface Sample {
  readonly atMs: number;
  readonly put: number;
  readonly done: number;
}

/** Speed is that of the last seconds, so that the time left follows what happens now. */
const WINDOW_MS = 3_000;

/** Measures the pace of a run over a sliding window. */
export function createPaceMeter(): (now: Sample) => Pace {
  let samples: Sample[] = [];
  return (now) => {
    samples = [...samples.filter(({ atMs }) => now.atMs - atMs <= WINDOW_MS), now];
    const [first = now] = samples;
    const seconds = (now.atMs - first.atMs) / 1000;
    if (seconds === 0) return { eventsPerSecond: 0, secondsLeft: now.done < now.put ? Infinity : 0 };
    const doneRate = (now.done - first.done) / seconds;
    const shrinking = doneRate - (now.put - first.put) / seconds;
    const backlog = now.put - now.done;
    const secondsLeft = backlog === 0 ? 0 : shrinking > 0 ? backlog / shrinking : Infinity;
    return { eventsPerSecond: doneRate, secondsLeft };
  };
}
