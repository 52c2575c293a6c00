import { setTimeout as sleep } from 'node:timers/promises';
import { WATCHDOG_METRICS } from '../../contract/metrics.ts';
import type { AlarmMessage, CloudWatchWorld } from '../../local/cloudwatch/cloudwatch-world.ts';
import type { MetricDatum } from '../../local/cloudwatch/metrics/metric.ts';
import { readEmbeddedMetrics } from '../../local/cloudwatch/metrics/read-embedded-metrics.ts';
import type { LiveDeployment } from '../../local/live/live-deployment.ts';
import type { LiveWorld } from '../../local/live/live-world.ts';
import { playMinute, type PlayedMinute } from '../../local/live/play-minute.ts';
import type { Screen } from '../../command-line/screen.ts';
import { describeDuration } from '../../progress/plain-words.ts';
import { RemainingTimeEstimator, type RemainingTime } from '../../progress/remaining-time.ts';
import type { TextEvent } from '../../local/input/event-input.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { carryGauges, gaugeDifferences } from './carry-gauges.ts';
import type { AgePoint } from '../../progress/draw-ages.ts';
import { createNarrator, describeCount, type Narrator } from './narrator.ts';

/** What a story is played with. */
export interface StoryParts {
  readonly world: LiveWorld;
  readonly deployment: LiveDeployment;
  readonly cloudwatch: CloudWatchWorld;
  /** Its alarms. */
  readonly template: Deployment;
  readonly screen: Screen;
  readonly events: Iterator<TextEvent>;
  /** Records that arrive here each minute; a fraction is carried over. */
  readonly recordsPerMinute: number;
  /** Records of the incident that one record here stands for. */
  readonly scale: number;
  readonly downMinutes: number;
  readonly signal: AbortSignal;
}

/** A message to whoever is paged. */
export type Page = Pick<AlarmMessage, 'atMs' | 'alarmName' | 'state'>;

/** Moments of the story, in milliseconds since 1970. */
export interface StoryMoments {
  readonly startMs: number;
  readonly stoppedMs: number;
  readonly restartedMs: number;
}

/** What happened, as far as it was measured. */
export interface StoryFacts {
  readonly moments: StoryMoments;
  /** Messages that reached somebody through the page topic, resolved ones too. */
  readonly pages: readonly Page[];
  /** Age of the oldest uncommitted record, by the watchdog, until the restart. */
  readonly ages: readonly AgePoint[];
  /** The same while it caught up, by the batches that were sent; the time is real and since the restart. */
  readonly catchUpAges: readonly AgePoint[];
  readonly records: number;
  readonly backlogRecords: number;
  readonly catchUpSeconds: number;
}

const MINUTE_MS = 60_000;

/** The alarms are made when the watchdog has run so often, as at a first deployment. */
const MINUTES_BEFORE_ALARMS = 6;

const GAUGES: ReadonlySet<string> = new Set(Object.keys(WATCHDOG_METRICS));

/** Before the stop and after the restart, in minutes. */
const HEALTHY_MINUTES = 15;

/** From the stop on, in minutes: the alarms are looked at from close by. */
const CLOSE_MINUTES = 30;

/** In the long stretch in which nothing changes, the watchdog is run so often, in minutes; its gauges are carried on. */
const WATCHED_EVERY = 30;

const PROGRESS_MS = 250;

/** No batch takes so long. */
const PATIENCE_MS = 30_000;

/** Plays the incident, minute by minute, and tells what happens. */
export class IncidentStory {
  readonly #parts: StoryParts;
  readonly #startMs: number;
  readonly #narrator: Narrator;
  readonly #pages: Page[] = [];
  readonly #ages: AgePoint[] = [];
  readonly #catchUpAges: AgePoint[] = [];
  #owed = 0;
  #records = 0;
  #done = 0;
  /** Age of the batch that each lane was sent last. */
  readonly #iteratorAgesMs = new Map<string, number>();
  /** What the watchdog published last. */
  #gauges: readonly MetricDatum[] = [];
  readonly #paging = new Set<string>();

  constructor(parts: StoryParts) {
    this.#parts = parts;
    this.#startMs = parts.cloudwatch.nowMs + MINUTES_BEFORE_ALARMS * MINUTE_MS;
    this.#narrator = createNarrator(parts.screen, this.#startMs);
    parts.deployment.observe((event) => {
      if (event.type === 'resolved') this.#done += event.records.length;
      else if (event.type === 'invoked') {
        this.#iteratorAgesMs.set(`${event.shardId} ${event.lane}`, event.iteratorAgeMs);
      }
    });
  }

  /** Plays all of it; what is left is skipped when the signal aborts. */
  async play(): Promise<StoryFacts> {
    const { deployment, world, cloudwatch, template, downMinutes } = this.#parts;
    for (let minute = 0; minute < MINUTES_BEFORE_ALARMS; minute += 1) await this.#playMinute();
    cloudwatch.deploy(template.evaluated);
    for (let minute = 0; minute < HEALTHY_MINUTES; minute += 1) await this.#playMinute();
    this.#narrator.tell(world.clock.now(), `The consumer keeps up: ${describeCount(this.#done)} records written.`);
    await deployment.setEnabled(false);
    const stoppedMs = this.#nextMinuteMs();
    this.#narrator.tell(stoppedMs, 'The consumer stops: somebody has disabled its event source mapping.');
    for (let minute = 0; minute < Math.min(CLOSE_MINUTES, downMinutes); minute += 1) await this.#playMinute();
    await this.#standStill(downMinutes - CLOSE_MINUTES);
    const restartedMs = await world.beginMinute();
    await deployment.put(this.#arrivals());
    const backlogRecords = this.#records - this.#done;
    const catchUpSeconds = await this.#catchUp(restartedMs);
    for (let minute = 0; minute < HEALTHY_MINUTES; minute += 1) await this.#playMinute();
    return {
      moments: { startMs: this.#startMs, stoppedMs, restartedMs },
      pages: this.#pages,
      ages: this.#ages.filter(({ atSeconds }) => atSeconds >= 0),
      catchUpAges: this.#catchUpAges,
      records: this.#records,
      backlogRecords,
      catchUpSeconds,
    };
  }

  async #playMinute(): Promise<void> {
    const { world, deployment, signal } = this.#parts;
    signal.throwIfAborted();
    const [minute] = await playMinute(world, [{ deployment, events: this.#arrivals() }]);
    if (minute !== undefined) this.#publish(minute);
  }

  #arrivals(): readonly TextEvent[] {
    const { events, recordsPerMinute } = this.#parts;
    this.#owed += recordsPerMinute;
    const count = Math.floor(this.#owed);
    this.#owed -= count;
    this.#records += count;
    return Array.from({ length: count }, () => events.next().value as TextEvent);
  }

  /** Hands a minute to CloudWatch, and tells what it sends. */
  #publish({ startMs, data, lines }: PlayedMinute): void {
    const gauges = lines.flatMap(readEmbeddedMetrics).filter(isGauge);
    if (gauges.length > 0) this.#gauges = gauges;
    const { cloudwatch } = this.#parts;
    for (const datum of data) cloudwatch.put(datum);
    for (const line of lines) cloudwatch.log(line);
    this.#addAge(gauges);
    this.#hear(cloudwatch.advanceTo(startMs + MINUTE_MS));
  }

  #addAge(gauges: readonly MetricDatum[]): void {
    const age = gauges.find(({ metric }) => metric.name === 'BacklogAge');
    if (age === undefined) return;
    this.#ages.push({ atSeconds: (age.timestampMs - this.#startMs) / 1000, ageSeconds: age.values[0] ?? 0 });
  }

  #hear(messages: readonly AlarmMessage[]): void {
    const { pageTopic } = this.#parts.template.promises;
    for (const { atMs, alarmName, state, target, delivery } of messages) {
      if (target !== pageTopic || delivery.kind !== 'delivered') continue;
      this.#pages.push({ atMs, alarmName, state });
      if (state === 'ALARM') {
        this.#paging.add(alarmName);
        const to = delivery.to.map(({ endpoint }) => endpoint).join(', ');
        const because = this.#causesOf(alarmName).join(', ');
        this.#narrator.tell(atMs, `PAGE ${alarmName} to ${to}, because of ${because}`);
      } else if (this.#paging.delete(alarmName)) {
        this.#narrator.tell(atMs, `RESOLVED ${alarmName}`);
      }
    }
  }

  /** The alarms that set off an incident, by the names that the runbook has for them. */
  #causesOf(incident: string): readonly string[] {
    const { cloudwatch, template } = this.#parts;
    const names = (cloudwatch.historyOf(incident).at(-1)?.because ?? '').split(', ');
    return names.map(
      (name) => template.alarms.find(({ alarm }) => alarm.arn === name || alarm.name === name)?.id ?? name,
    );
  }

  /** Two days in which nothing changes but time: the records come in every minute, the watchdog looks now and then. */
  async #standStill(minutes: number): Promise<void> {
    const { world, deployment, signal } = this.#parts;
    const known = this.#gauges;
    const knownMs = Math.floor((known[0]?.timestampMs ?? 0) / MINUTE_MS) * MINUTE_MS;
    for (let minute = 0; minute < minutes; minute += 1) {
      signal.throwIfAborted();
      const isWatched = minute % WATCHED_EVERY === WATCHED_EVERY - 1;
      const [played] = await playMinute(world, [
        { deployment, events: this.#arrivals(), watchdogRuns: isWatched ? 1 : 0 },
      ]);
      if (played === undefined) continue;
      const carried = carryGauges(known, played.startMs - knownMs);
      if (isWatched) assertCarried(carried, played);
      else for (const datum of carried) this.#parts.cloudwatch.put(datum);
      this.#publish(played);
      const behind = describeDuration((minute + CLOSE_MINUTES) * 60);
      this.#narrator.show(
        played.startMs,
        `${behind} behind, ${describeCount(this.#records - this.#done)} records wait`,
      );
    }
  }

  /** At the pace of this machine: while it drains, a second of stream time is a second. */
  async #catchUp(restartedMs: number): Promise<number> {
    const { deployment, world } = this.#parts;
    const [backlog, doneBefore] = [this.#records - this.#done, this.#done];
    this.#narrator.tell(restartedMs, `The consumer is enabled again: ${describeCount(backlog)} records wait.`);
    const startedAtMs = performance.now();
    const elapsed = (): number => (performance.now() - startedAtMs) / 1000;
    this.#iteratorAgesMs.clear();
    await deployment.setEnabled(true);
    await world.clock.run();
    const estimator = new RemainingTimeEstimator(PATIENCE_MS);
    let seconds: number | undefined;
    const settled = deployment.settle().finally(() => (seconds = elapsed()));
    settled.catch(() => undefined);
    let minuteMs = restartedMs;
    while (seconds === undefined) {
      await sleep(PROGRESS_MS);
      this.#addCatchUpAge(elapsed());
      const done = this.#done - doneBefore;
      const remaining = estimator.add({ atMs: performance.now(), left: backlog - done });
      const progress = `${Math.floor((100 * done) / backlog)} % done, ${describeCount(done / elapsed())} records/s`;
      this.#narrator.show(world.clock.now(), `${progress}, ${this.#describeLeft(remaining)}`);
      if (world.clock.now() < minuteMs + MINUTE_MS) continue;
      await this.#closeMinute(minuteMs);
      minuteMs += MINUTE_MS;
    }
    await settled;
    await world.clock.stop();
    await this.#closeMinute(minuteMs);
    const pace = `${describeCount(backlog / seconds)} a second`;
    this.#narrator.tell(
      world.clock.now(),
      `Caught up: ${describeCount(backlog)} records in ${describeDuration(seconds)}, ${pace}.`,
    );
    return seconds;
  }

  /** So many records more take so many times as long. */
  #describeLeft(remaining: RemainingTime): string {
    if (remaining.kind !== 'time') return remaining.kind === 'measuring' ? 'measuring' : 'not at this rate';
    const { scale } = this.#parts;
    return `${describeDuration(remaining.seconds)} left, x${scale} ${describeDuration(scale * remaining.seconds)}`;
  }

  #addCatchUpAge(atSeconds: number): void {
    if (this.#iteratorAgesMs.size === 0) return;
    this.#catchUpAges.push({ atSeconds, ageSeconds: Math.max(...this.#iteratorAgesMs.values()) / 1000 });
  }

  /** What became known in a minute that was not played but lived through. */
  async #closeMinute(startMs: number): Promise<void> {
    const { deployment } = this.#parts;
    await deployment.watch();
    this.#publish({ startMs, data: deployment.takeServiceMetrics(startMs), lines: deployment.takeLines() });
  }

  #nextMinuteMs(): number {
    return Math.ceil(this.#parts.world.clock.now() / MINUTE_MS) * MINUTE_MS;
  }
}

function isGauge({ metric }: MetricDatum): boolean {
  return GAUGES.has(metric.name);
}

function assertCarried(carried: readonly MetricDatum[], played: PlayedMinute): void {
  const found = played.lines.flatMap(readEmbeddedMetrics).filter(isGauge);
  const differences = gaugeDifferences(carried, found);
  if (differences.length > 0) throw new Error(`the watchdog sees something new: ${differences.join('; ')}`);
}
