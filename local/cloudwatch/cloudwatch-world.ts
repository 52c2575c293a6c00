import type { AlarmState, StateChange } from './alarms/alarm-state.ts';
import { alarmsOfRule, ruleHolds } from './alarms/alarm-rule.ts';
import type { Alarm, CompositeAlarm, MetricAlarm } from './alarms/alarm.ts';
import { orderComposites } from './alarms/composite-order.ts';
import { evaluateMetricAlarm, evaluationIntervalMs } from './alarms/evaluate-metric-alarm.ts';
import type { Datapoint } from './alarms/evaluate-range.ts';
import { beginSuppression, continueSuppression, type SuppressionPhase } from './alarms/suppression.ts';
import { LIKELY_BEHAVIOR, type CloudWatchBehavior } from './cloudwatch-behavior.ts';
import type { MetricDatum } from './metrics/metric.ts';
import { MetricStore } from './metrics/metric-store.ts';
import { readEmbeddedMetrics } from './metrics/read-embedded-metrics.ts';
import { deliver, type Delivery, type Subscription, type Topic } from './topics/topic.ts';

const MINUTE_MS = 60_000;

/** What a world begins with. */
export interface CloudWatchWorldOptions {
  /** Where its clock stands at first, in milliseconds since 1970. */
  readonly startMs: number;
  /** Account of alarms and topics. */
  readonly accountId: string;
  /** The topics that can be delivered to: those of the template, and those of somebody else of which enough is known. */
  readonly topics: readonly Topic[];
  /** Whether an endpoint has confirmed its subscription; all have unless told. */
  readonly isConfirmed?: (subscription: Subscription) => boolean;
  readonly behavior?: CloudWatchBehavior;
  /** What is published already, and may be added to from outside. @defaultValue nothing */
  readonly store?: MetricStore;
}

/** What an alarm sent when it changed its state, and what became of it. */
export interface AlarmMessage {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Full minutes since the world began. */
  readonly minute: number;
  readonly alarmName: string;
  readonly state: AlarmState;
  /** ARN that the alarm acts on. */
  readonly target: string;
  readonly delivery: Delivery;
}

interface AlarmRecord<Kind extends Alarm> {
  alarm: Kind;
  state: AlarmState;
  readonly history: StateChange[];
}

interface MetricAlarmRecord extends AlarmRecord<MetricAlarm> {
  nextEvaluationMs: number;
}

interface CompositeAlarmRecord extends AlarmRecord<CompositeAlarm> {
  phase?: SuppressionPhase | undefined;
}

/**
 * CloudWatch under a virtual clock: metrics go in, time is moved on, messages of alarms come out. The same input gives
 * the same messages in every run.
 */
export class CloudWatchWorld {
  readonly #options: CloudWatchWorldOptions;
  readonly #behavior: CloudWatchBehavior;
  readonly #store: MetricStore;
  readonly #topics: ReadonlyMap<string, Topic>;
  #metricAlarms = new Map<string, MetricAlarmRecord>();
  /** Each after those that it looks at. */
  #compositeAlarms = new Map<string, CompositeAlarmRecord>();
  #messages: AlarmMessage[] = [];
  #nowMs: number;

  constructor(options: CloudWatchWorldOptions) {
    this.#options = options;
    this.#behavior = options.behavior ?? LIKELY_BEHAVIOR;
    this.#store = options.store ?? new MetricStore();
    this.#topics = new Map(options.topics.map((topic) => [topic.arn, topic]));
    this.#nowMs = options.startMs;
  }

  /** Milliseconds since 1970. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /**
   * Makes these all the alarms that there are, now. A new one begins without a state, one that was there keeps its own,
   * and what is no longer there is gone.
   *
   * @throws Error when composite alarms watch themselves, over each other
   */
  deploy(alarms: readonly Alarm[]): void {
    const metricAlarms = alarms.filter((alarm) => alarm.kind === 'metric');
    const { order, inCycle } = orderComposites(alarms);
    if (inCycle.length > 0) throw new Error(`alarms that watch themselves: ${inCycle.join(', ')}`);
    this.#metricAlarms = new Map(metricAlarms.map((alarm) => [alarm.name, this.#metricRecord(alarm)]));
    this.#compositeAlarms = new Map(order.map((alarm) => [alarm.name, this.#compositeRecord(alarm)]));
    this.#evaluateComposites();
  }

  /** Publishes values; alarms see them when they have their time and the delay has passed. */
  put(datum: MetricDatum): void {
    const publishedMs = Math.max(this.#nowMs, datum.timestampMs);
    this.#store.put(datum, publishedMs + this.#behavior.publishingDelayMs(datum.metric));
  }

  /** Takes a line that a function wrote; one without metrics changes nothing. */
  log(line: string): void {
    for (const datum of readEmbeddedMetrics(line)) this.put(datum);
  }

  /**
   * Moves the clock on and evaluates every alarm whenever it is due.
   *
   * @param ms milliseconds since 1970; not before now
   * @returns what alarms sent since the clock was last moved on, deployments included
   */
  advanceTo(ms: number): readonly AlarmMessage[] {
    for (let next = this.#nextEventMs(); next <= ms; next = this.#nextEventMs()) {
      this.#nowMs = next;
      for (const record of this.#metricAlarms.values()) if (record.nextEvaluationMs <= next) this.#evaluate(record);
      this.#evaluateComposites();
    }
    this.#nowMs = Math.max(this.#nowMs, ms);
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  /**
   * What an alarm is in, by its name or ARN.
   *
   * @throws Error when there is no such alarm
   */
  stateOf(alarm: string): AlarmState {
    return this.#record(alarm).state;
  }

  /** Every change of state of an alarm since it was created, oldest first; by its name or ARN. */
  historyOf(alarm: string): readonly StateChange[] {
    return this.#record(alarm).history;
  }

  #metricRecord(alarm: MetricAlarm): MetricAlarmRecord {
    const existing = this.#metricAlarms.get(alarm.name);
    if (existing !== undefined) return Object.assign(existing, { alarm });
    const intervalMs = evaluationIntervalMs(alarm);
    const phaseMs = this.#behavior.phaseMs(alarm.name) % intervalMs;
    const earliestMs = this.#nowMs + this.#behavior.firstEvaluationMs - phaseMs;
    const nextEvaluationMs = Math.ceil(earliestMs / intervalMs) * intervalMs + phaseMs;
    return { alarm, state: 'INSUFFICIENT_DATA', history: [], nextEvaluationMs };
  }

  /** A wait ends without a word when the suppressor is another one. */
  #compositeRecord(alarm: CompositeAlarm): CompositeAlarmRecord {
    const existing = this.#compositeAlarms.get(alarm.name);
    if (existing === undefined) return { alarm, state: 'INSUFFICIENT_DATA', history: [] };
    const replaced = existing.alarm.suppressor?.alarm !== alarm.suppressor?.alarm;
    return Object.assign(existing, { alarm, ...(replaced && { phase: undefined }) });
  }

  #nextEventMs(): number {
    let next = Infinity;
    for (const { nextEvaluationMs } of this.#metricAlarms.values()) next = Math.min(next, nextEvaluationMs);
    for (const { phase } of this.#compositeAlarms.values())
      if (phase !== undefined && phase.kind !== 'suppressed') next = Math.min(next, phase.untilMs);
    return next;
  }

  #evaluate(record: MetricAlarmRecord): void {
    const { alarm } = record;
    record.nextEvaluationMs += evaluationIntervalMs(alarm);
    const found = evaluateMetricAlarm(alarm, this.#store, { atMs: this.#nowMs, behavior: this.#behavior });
    if (found.state === 'unchanged' || found.state === record.state) return;
    this.#change(record, found.state, notation(found.range));
    this.#act(record);
  }

  #evaluateComposites(): void {
    const stateOf = (alarm: string): AlarmState => this.stateOf(alarm);
    for (const record of this.#compositeAlarms.values()) {
      const { rule } = record.alarm;
      const state = ruleHolds(rule, stateOf) ? 'ALARM' : 'OK';
      if (state === record.state) {
        this.#waitOn(record);
        continue;
      }
      const ringing = alarmsOfRule(rule).filter((alarm) => stateOf(alarm) === 'ALARM');
      this.#change(record, state, ringing.join(', '));
      record.phase = this.#suppressed(record, beginSuppression);
      if (record.phase === undefined) this.#act(record);
    }
  }

  #waitOn(record: CompositeAlarmRecord): void {
    const { phase } = record;
    if (phase === undefined) return;
    record.phase = this.#suppressed(record, (view) => continueSuppression(phase, view));
    if (record.phase === undefined) this.#act(record);
  }

  #suppressed(
    { alarm: { suppressor } }: CompositeAlarmRecord,
    decide: (view: Parameters<typeof beginSuppression>[0]) => SuppressionPhase | undefined,
  ): SuppressionPhase | undefined {
    if (suppressor === undefined) return undefined;
    return decide({ suppressor, inAlarm: this.stateOf(suppressor.alarm) === 'ALARM', nowMs: this.#nowMs });
  }

  #change(record: AlarmRecord<Alarm>, to: AlarmState, because: string): void {
    record.history.push({ atMs: this.#nowMs, from: record.state, to, because });
    record.state = to;
  }

  #act({ alarm, state }: AlarmRecord<Alarm>): void {
    if (!alarm.actionsEnabled) return;
    const { startMs, accountId, isConfirmed = () => true } = this.#options;
    for (const target of alarm.actions[state]) {
      const topic = this.#topics.get(target);
      const delivery: Delivery =
        topic === undefined
          ? { kind: 'lost', reason: `nothing is known of ${target}` }
          : deliver(topic, { alarmArn: alarm.arn, accountId, isConfirmed });
      const minute = Math.floor((this.#nowMs - startMs) / MINUTE_MS);
      this.#messages.push({ atMs: this.#nowMs, minute, alarmName: alarm.name, state, target, delivery });
    }
  }

  #record(reference: string): AlarmRecord<Alarm> {
    const name = reference.startsWith('arn:') ? reference.split(':').slice(6).join(':') : reference;
    const record = this.#metricAlarms.get(name) ?? this.#compositeAlarms.get(name);
    if (record === undefined) throw new Error(`there is no alarm ${reference}`);
    return record;
  }
}

function notation(range: readonly Datapoint[]): string {
  const letters = { good: '0', bad: 'X', missing: '-' } as const;
  return range.map((point) => letters[point]).join('');
}
