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
  /** Seconds until caught up; Infinity when the backlog does not shrink, `undefined` while it is too early to tell. */
  readonly secondsLeft: number | undefined;
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
  let startedAtMs: number | undefined;
  return (now) => {
    startedAtMs ??= now.atMs;
    samples = [...samples.filter(({ atMs }) => now.atMs - atMs <= WINDOW_MS), now];
    const [first = now] = samples;
    const seconds = (now.atMs - first.atMs) / 1000;
    const eventsPerSecond = seconds > 0 ? (now.done - first.done) / seconds : 0;
    const isEarly = eventsPerSecond === 0 && now.atMs - startedAtMs < WINDOW_MS;
    return { eventsPerSecond, secondsLeft: isEarly ? undefined : secondsLeft(first, now) };
  };
}

function secondsLeft(first: Sample, now: Sample): number {
  const backlog = now.put - now.done;
  if (backlog <= 0) return 0;
  const shrunk = backlog - (first.put - first.done);
  return shrunk < 0 ? (backlog * (now.atMs - first.atMs)) / -shrunk / 1000 : Infinity;
}
