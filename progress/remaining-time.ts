/** How much is left at one moment: events, or the age of a backlog in seconds. Any unit will do, as long as it stays the same. */
export interface AmountLeft {
  /** Milliseconds from any start. */
  readonly atMs: number;
  /** 0 when caught up. */
  readonly left: number;
}

/** When it will be over, or why nobody can say. */
export type RemainingTime =
  /** Seconds until caught up; 0 when it is. */
  | { readonly kind: 'time'; readonly seconds: number }
  /** Too early to tell. */
  | { readonly kind: 'measuring' }
  /** What is left has not shrunk since then, for longer than the time that is allowed for that. */
  | { readonly kind: 'notAtThisRate'; readonly sinceMs: number };

/** Moments remembered; beyond them every other one is dropped, so that the memory reaches back as far as the pace does. */
const MAX_POINTS = 256;

/** Steps needed to know what an ordinary one looks like, and how many of the newest are looked at for that. */
const MIN_STEPS = 4;
const ORDINARY_STEPS = 64;

/** A step that takes this many times as long, or goes back by this many times as much, as any ordinary one is a break. */
const BREAK_FACTOR = 4;

/** What has not shrunk for this many of its longest waits so far has stopped, unless more time is allowed. */
const WAITS = 3;

/** A new pace shows in so many steps, by so much outside of everything before. */
const MIN_PACE_STEPS = 16;
const PACE_MARGIN = 0.3;

/** Steps at a new pace without which the old one is still the better guess. */
const MIN_KNEE_STEPS = 8;

/** Into how many parts the memory is cut for that. */
const PACE_PARTS = [32, 16, 8] as const;

/** Nothing is said of a pace that was seen for less. */
const MIN_SPAN_MS = 1_000;

/**
 * Estimates when a backlog will be gone, from nothing but how much is left now and then.
 *
 * Only moments count at which less is left than at the look before: between two of them a large batch is under way and
 * nothing can be seen. The pace is the slope of the line of least squares through all of them, and the time left runs
 * from the last of them: what was left then, over the pace, minus the time since, for as long as a step usually takes.
 *
 * A pause, or a burst of arrivals, that happens once says nothing about the pace: what was seen before it is moved to
 * join what comes after. One that comes again belongs to the pace. When the newest part runs outside of
 * everything before, the pace has changed, and what was before is forgotten.
 */
export class RemainingTimeEstimator {
  readonly #patienceMs: number;
  #points: Point[] = [];
  #break: Break | undefined;
  /** How long the first step took, from the first sample on. */
  #firstStepMs = 0;
  #last: AmountLeft | undefined;
  #shrankAtMs = 0;
  #longestWaitMs = 0;
  /** How much less is left each millisecond. */
  #perMs = 0;

  /**
   * Starts without a sample.
   *
   * @param patienceMs how long a backlog may not shrink before that is said; longer than a batch may take
   */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /**
   * Takes the next sample, and says what it is known by now. Samples may come at any interval; one that is not later
   * than the one before is left out.
   */
  add({ atMs, left }: AmountLeft): RemainingTime {
    if (left <= 0) {
      this.#startOver();
      return { kind: 'time', seconds: 0 };
    }
    const last = this.#last;
    if (last === undefined) {
      this.#shrankAtMs = atMs;
    } else if (atMs <= last.atMs) {
      return this.#judge(last);
    } else if (left < last.left) {
      this.#addPoint({ atMs, left });
    }
    this.#last = { atMs, left };
    return this.#judge(this.#last);
  }

  #startOver(): void {
    this.#points = [];
    this.#break = undefined;
    this.#last = undefined;
    this.#longestWaitMs = 0;
  }

  #addPoint(point: Point): void {
    const before = this.#points.at(-1);
    if (before === undefined) this.#firstStepMs = point.atMs - this.#shrankAtMs;
    else this.#join(before, point);
    this.#noteProgress(point);
    this.#points.push(point);
    this.#forgetOldPace();
    if (this.#points.length > MAX_POINTS) this.#points = this.#points.filter((_, index) => index % 2 === 1);
    this.#perMs = shrinkPerMs(this.#points);
  }

  /** Closes a break between the two, so that it does not count; breaks that come again do. */
  #join(before: Point, point: Point): void {
    const ordinary = ordinaryStep(this.#points);
    if (ordinary === undefined) {
      // Too little was seen before a standstill to go on from.
      if (point.atMs - before.atMs >= this.#patience()) this.#points = [];
      return;
    }
    if (!this.#isBreak(ordinary, stepBetween(before, point))) return;
    const old = this.#break;
    if (old !== undefined && (this.#points[0]?.atMs ?? Infinity) < old.untilMs) {
      if (!old.isUndone) this.#moveHistory(old.untilMs, { ms: -old.by.ms, left: -old.by.left });
      this.#break = { ...old, isUndone: true };
      return;
    }
    const by = {
      ms: Math.max(0, point.atMs - before.atMs - ordinary.meanMs),
      left: point.left - before.left + ordinary.meanDrop,
    };
    this.#moveHistory(Infinity, by);
    this.#break = { untilMs: point.atMs, by, isUndone: false };
  }

  #isBreak({ longestMs, largest }: OrdinaryStep, step: Step): boolean {
    // Between two batches of lanes that began together lies a whole one, which the steps so far may not show.
    return step.ms > BREAK_FACTOR * Math.max(longestMs, this.#firstStepMs) || -step.drop > BREAK_FACTOR * largest;
  }

  #moveHistory(untilMs: number, by: Break['by']): void {
    this.#points = this.#points.map((point) =>
      point.atMs < untilMs ? { atMs: point.atMs + by.ms, left: point.left + by.left } : point,
    );
  }

  #noteProgress(point: Point): void {
    const horizonMs = point.atMs - this.#patience();
    const recent = this.#points.filter(({ atMs }) => atMs >= horizonMs);
    if (recent.some(({ left }) => left <= point.left)) return;
    const waitMs = point.atMs - this.#shrankAtMs;
    // A standstill that was told is no usual wait: it must not put off the next one.
    if (waitMs < this.#patience()) this.#longestWaitMs = Math.max(this.#longestWaitMs, waitMs);
    this.#shrankAtMs = point.atMs;
  }

  /** How long nothing may shrink: longer where large batches make for longer waits. */
  #patience(): number {
    return Math.max(this.#patienceMs, WAITS * this.#longestWaitMs);
  }

  #forgetOldPace(): void {
    if (!hasNewPace(this.#points)) return;
    const knee = kneeIndex(this.#points);
    if (this.#points.length - knee > MIN_KNEE_STEPS) this.#points = this.#points.slice(knee);
  }

  #judge(now: AmountLeft): RemainingTime {
    if (now.atMs - this.#shrankAtMs >= this.#patience()) return { kind: 'notAtThisRate', sinceMs: this.#shrankAtMs };
    const [first] = this.#points;
    const last = this.#points.at(-1);
    if (first === undefined || last === undefined || this.#isEarly(first, last)) return { kind: 'measuring' };
    const perMs = this.#perMs;
    if (perMs <= 0) return { kind: 'measuring' };
    const step = stepBetween(last, now);
    const ordinary = ordinaryStep(this.#points);
    // Of a pause or a burst that is under way, only what is left now is known.
    const isBroken = ordinary !== undefined && this.#isBreak(ordinary, step);
    const ms = isBroken ? now.left / perMs : last.left / perMs - Math.min(step.ms, ordinary?.meanMs ?? step.ms);
    return { kind: 'time', seconds: Math.max(0, ms) / 1000 };
  }

  /** The first step says how long one takes; lanes that began together end together, which says nothing yet. */
  #isEarly(first: Point, last: Point): boolean {
    return this.#points.length < MIN_STEPS || last.atMs - first.atMs < Math.max(this.#firstStepMs, MIN_SPAN_MS);
  }
}

/** A moment at which less was left than at the look before. */
type Point = AmountLeft;

/** Time and amount by which everything before a moment was moved. */
interface Break {
  readonly untilMs: number;
  readonly by: { readonly ms: number; readonly left: number };
  readonly isUndone: boolean;
}

interface Step {
  readonly ms: number;
  readonly drop: number;
}

interface OrdinaryStep {
  readonly meanMs: number;
  readonly meanDrop: number;
  readonly longestMs: number;
  readonly largest: number;
}

function stepBetween(from: Point, to: Point): Step {
  return { ms: to.atMs - from.atMs, drop: from.left - to.left };
}

function ordinaryStep(points: readonly Point[]): OrdinaryStep | undefined {
  const recent = points.slice(-ORDINARY_STEPS - 1);
  const [first] = recent;
  const last = recent.at(-1);
  const count = recent.length - 1;
  if (first === undefined || last === undefined || count < MIN_STEPS) return undefined;
  const whole = stepBetween(first, last);
  let longestMs = 0;
  let largest = 0;
  for (const [index, point] of recent.entries()) {
    const step = stepBetween(recent[index - 1] ?? point, point);
    longestMs = Math.max(longestMs, step.ms);
    largest = Math.max(largest, Math.abs(step.drop));
  }
  return { meanMs: whole.ms / count, meanDrop: whole.drop / count, longestMs, largest };
}

/** How much less is left each millisecond: the slope of the line of least squares, positive while it shrinks. */
function shrinkPerMs(points: readonly Point[]): number {
  const meanMs = mean(points.map(({ atMs }) => atMs));
  const meanLeft = mean(points.map(({ left }) => left));
  let covariance = 0;
  let variance = 0;
  for (const { atMs, left } of points) {
    covariance += (atMs - meanMs) * (left - meanLeft);
    variance += (atMs - meanMs) ** 2;
  }
  return variance > 0 ? -covariance / variance : 0;
}

/** Whether the two newest parts are both faster than any part before, or both slower: one alone may have been a pause. */
function hasNewPace(points: readonly Point[]): boolean {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return false;
  return PACE_PARTS.some((parts) => {
    const lengthMs = (last.atMs - first.atMs) / parts;
    if (points.filter(({ atMs }) => atMs >= last.atMs - 2 * lengthMs).length < MIN_PACE_STEPS) return false;
    const levels = Array.from({ length: parts + 1 }, (_, part) => leftAt(points, first.atMs + part * lengthMs));
    const drops = levels.slice(1).map((level, part) => (levels[part] ?? level) - level);
    const newest = drops.splice(-2);
    const [least, most] = [Math.min(...drops), Math.max(...drops)];
    const margin = Math.max(PACE_MARGIN * Math.max(Math.abs(least), Math.abs(most)), most - least);
    return newest.every((drop) => drop > most + margin) || newest.every((drop) => drop < least - margin);
  });
}

/** Where a line that changes its slope is farthest from the straight one between its ends. */
function kneeIndex(points: readonly Point[]): number {
  const ends = [points.at(0), points.at(-1)].filter((point) => point !== undefined);
  const distances = points.map(({ atMs, left }) => Math.abs(left - leftAt(ends, atMs)));
  return distances.indexOf(Math.max(...distances));
}

/** What was left between two moments, on the straight line between them. */
function leftAt(points: readonly Point[], atMs: number): number {
  const index = points.findIndex((point) => point.atMs >= atMs);
  const after = points[index] ?? points.at(-1);
  const before = points[index - 1] ?? after;
  if (before === undefined || after === undefined) return 0;
  const ms = after.atMs - before.atMs;
  return ms > 0 ? before.left + ((after.left - before.left) * (atMs - before.atMs)) / ms : after.left;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
