/** Records of a stretch of time in one shard, evenly spread over it. */
interface Stretch {
  /** Sequence number of the first record. */
  readonly first: number;
  readonly count: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** The lane that gets all of them; undefined where they are spread over all lanes. */
  readonly lane: number | undefined;
}

/** A record, as far as anybody looks at it. */
export interface LoggedRecord {
  readonly sequence: number;
  readonly arrivalMs: number;
}

/** What a lane may take: so many records, that came in from the horizon on and before an end, in milliseconds since 1970. */
interface Bounds {
  readonly most: number;
  readonly horizonMs: number;
  readonly untilMs: number;
}

interface Taken {
  count: number;
  first: number | undefined;
  last: number;
  lost: number;
}

/**
 * What came into a shard. Stretches stand for their records: days of a busy stream are a few thousand of them, and every
 * record still has a number and a time of its own.
 */
export class ShardLog {
  readonly shardId: string;
  readonly lanes: number;
  /** No further records; what is there can be read. */
  closed = false;
  readonly #stretches: Stretch[] = [];
  #next = 1;

  constructor(shardId: string, lanes: number) {
    this.shardId = shardId;
    this.lanes = lanes;
  }

  /** Takes in records; none is a time without any. */
  append(count: number, [fromMs, untilMs]: readonly [fromMs: number, untilMs: number], lane?: number): void {
    if (count === 0) return;
    this.#stretches.push({ first: this.#next, count, fromMs, untilMs, lane });
    this.#next += count;
  }

  /** When a record came in; undefined for a number that no record has. */
  arrivalOf(sequence: number): number | undefined {
    const stretch = this.#stretches[this.#indexOf(sequence)];
    return stretch === undefined || sequence < stretch.first ? undefined : arrival(stretch, sequence);
  }

  /** The first record with a greater number that came in no earlier than `horizonMs` and no later than `nowMs`. */
  after(
    sequence: number,
    { horizonMs, nowMs }: { readonly horizonMs: number; readonly nowMs: number },
  ): LoggedRecord | undefined {
    for (let index = this.#indexOf(sequence + 1); index < this.#stretches.length; index += 1) {
      const stretch = this.#stretches[index];
      if (stretch === undefined || stretch.fromMs > nowMs) return undefined;
      if (stretch.untilMs <= horizonMs) continue;
      const first = Math.max(sequence + 1, stretch.first, firstSince(stretch, horizonMs));
      if (first >= stretch.first + stretch.count) continue;
      const arrivalMs = arrival(stretch, first);
      return arrivalMs > nowMs ? undefined : { sequence: first, arrivalMs };
    }
    return undefined;
  }

  /**
   * What a lane finds when it goes on.
   *
   * @param after the last record that the lane is done with
   * @param most records to take
   * @returns `lost` are its records from before the horizon; `first` and `last` are the numbers of those that it takes,
   * and say where to go on when `count` is 0
   */
  take(
    lane: number,
    after: number,
    { most, horizonMs, untilMs }: Bounds,
  ): { readonly count: number; readonly first: number; readonly last: number; readonly lost: number } {
    const taken: Taken = { count: 0, first: undefined, last: after, lost: 0 };
    for (let index = this.#indexOf(after + 1); taken.count < most; index += 1) {
      const stretch = this.#stretches[index];
      if (stretch === undefined || stretch.fromMs >= untilMs) break;
      if (stretch.lane === undefined || stretch.lane === lane)
        this.#takeFrom(stretch, taken, { most, horizonMs, untilMs, lane });
    }
    return { ...taken, first: taken.first ?? taken.last + 1 };
  }

  #takeFrom(
    stretch: Stretch,
    taken: Taken,
    { most, horizonMs, untilMs, lane }: Bounds & { readonly lane: number },
  ): void {
    const step = stretch.lane === undefined ? this.lanes : 1;
    const end = Math.min(stretch.first + stretch.count, firstSince(stretch, untilMs));
    const begin = firstOfLane(Math.max(taken.last + 1, stretch.first), step, lane);
    const kept = firstOfLane(Math.max(begin, firstSince(stretch, horizonMs)), step, lane);
    taken.lost += Math.max(0, Math.ceil((Math.min(kept, end) - begin) / step));
    const more = Math.max(0, Math.min(most - taken.count, Math.ceil((end - kept) / step)));
    taken.last = more === 0 ? Math.max(taken.last, end - 1) : kept + (more - 1) * step;
    if (more > 0) taken.first ??= kept;
    taken.count += more;
  }

  /** Index of the stretch that a number is in, or of the first after it. */
  #indexOf(sequence: number): number {
    let low = 0;
    let high = this.#stretches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const stretch = this.#stretches[middle];
      if (stretch !== undefined && stretch.first + stretch.count <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function arrival({ first, count, fromMs, untilMs }: Stretch, sequence: number): number {
  return fromMs + ((sequence - first) * (untilMs - fromMs)) / count;
}

/** The first number of a stretch that came in at this time or later. */
function firstSince({ first, count, fromMs, untilMs }: Stretch, ms: number): number {
  if (ms <= fromMs) return first;
  return first + Math.ceil(((ms - fromMs) * count) / (untilMs - fromMs));
}

/** Records are dealt out to the lanes one by one. */
function firstOfLane(from: number, step: number, lane: number): number {
  return step === 1 ? from : from + ((((lane - from) % step) + step) % step);
}
