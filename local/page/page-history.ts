import type { PageSnapshot } from './page-snapshot.ts';

/** Snapshots that a chart shows at most: ten minutes of one a second. */
const MOST_POINTS = 600;

/** What the charts need of a snapshot. */
export type ChartPoint = Pick<PageSnapshot, 'atMs' | 'rates' | 'batchMs' | 'cacheHitRatio'> & {
  readonly ageSeconds: number | undefined;
  readonly alarmsOn: number | undefined;
};

/** The last snapshots, as far as the charts need them. */
export class PageHistory {
  readonly #points: ChartPoint[] = [];

  /** Takes the next snapshot; one from the past, as after a step back in a recording, begins anew. */
  add(snapshot: PageSnapshot): void {
    const { atMs, rates, batchMs, cacheHitRatio, shards, alarms } = snapshot;
    if (atMs < (this.#points.at(-1)?.atMs ?? atMs)) this.#points.length = 0;
    const ages = shards.flatMap(({ ageSeconds }) => ageSeconds ?? []);
    const ageSeconds = ages.length > 0 ? Math.max(...ages) : shards.length > 0 ? undefined : 0;
    const alarmsOn = alarms?.filter(({ state }) => state === 'ALARM').length;
    this.#points.push({ atMs, rates, batchMs, cacheHitRatio, ageSeconds, alarmsOn });
    if (this.#points.length > MOST_POINTS) this.#points.shift();
  }

  /** Oldest first, at most ten minutes of one a second. */
  get points(): readonly ChartPoint[] {
    return this.#points;
  }
}
