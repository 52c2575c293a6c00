import {
  GetMetricDataCommand,
  type CloudWatchClient,
  type MetricAlarm,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import { GetEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { listStackAlarms } from '../stack/stack-alarms.ts';
import { settled, unknown, wrong, type Question } from './question.ts';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** Minutes that are looked at, up to three before now: the newest ones may still be on their way. */
const IDLE_MINUTES = 10;
const LATE_MINUTES = 3;

/** Whether an idle mapping publishes zeros: the alarm `mapping-not-polling` rests on it. */
export const idleZeros: Question = {
  name: 'idle-zeros',
  question: 'Does an idle mapping publish zeros?',
  changes: false,
  isForLocal: false,
  answer: async ({ target, clock }) => {
    const { MappingId } = target.stack.outputs;
    const lambda = await target.client('lambda');
    const { State: state, StartingPosition: start } = await lambda.send(
      new GetEventSourceMappingCommand({ UUID: MappingId }),
    );
    if (state !== 'Enabled') return unknown(`the mapping is ${String(state)}`);
    const end = Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS - LATE_MINUTES * MINUTE_MS;
    const values = await readPolled(await target.client('cloudWatch'), MappingId, end);
    const zeros = values.filter((value) => value === 0).length;
    const evidence = [
      `${values.length} of ${IDLE_MINUTES} minutes have a value, ${zeros} of them 0`,
      `starting position ${String(start)}`,
    ];
    if (values.length === IDLE_MINUTES && zeros > 0)
      return settled('every minute has a value, even those without records', evidence);
    if (values.length === IDLE_MINUTES)
      return unknown('records came in every minute; send none for a quarter of an hour, and run this again', evidence);
    return wrong(
      'minutes are missing although the mapping is enabled: MappingNotPolling would fire on a quiet stream',
      evidence,
    );
  },
};

/** Sums of what the mapping has polled in each minute that has a value. */
async function readPolled(client: CloudWatchClient, mappingId: string, endMs: number): Promise<readonly number[]> {
  const Metric = {
    Namespace: 'AWS/Lambda',
    MetricName: 'PolledEventCount',
    Dimensions: [{ Name: 'EventSourceMappingUUID', Value: mappingId }],
  };
  const { MetricDataResults: [polled] = [] } = await client.send(
    new GetMetricDataCommand({
      MetricDataQueries: [{ Id: 'polled', MetricStat: { Metric, Period: MINUTE_MS / SECOND_MS, Stat: 'Sum' } }],
      StartTime: new Date(endMs - IDLE_MINUTES * MINUTE_MS),
      EndTime: new Date(endMs),
    }),
  );
  return polled?.Values ?? [];
}

/** How long the metrics are watched, and how often they are asked for. */
const WATCH_MS = 3 * MINUTE_MS;
const ASK_EVERY_MS = 10 * SECOND_MS;
const SPAN_MINUTES = 10;

/** What `FILL` makes of minutes without samples, and how late the newest minute is, by the expressions of the alarms. */
export const lateMetrics: Question = {
  name: 'late-metrics',
  question: 'How do the alarm expressions treat minutes without samples, and how late is the newest minute?',
  changes: false,
  isForLocal: false,
  answer: async ({ target, clock, progress, signal }) => {
    const cloudWatch = await target.client('cloudWatch');
    const alarms = (await listStackAlarms(cloudWatch, target.stack.stackName)).flatMap((one) =>
      one.kind === 'metric' ? [one.alarm] : [],
    );
    if (alarms.length === 0) return unknown('the stack has no alarms yet: they are created once the watchdog has run');
    const watched = new Map(alarms.map(({ AlarmName = '' }) => [AlarmName, new WatchedMetric()]));
    const endMs = clock.now() + WATCH_MS;
    while (clock.now() < endMs && !signal.aborted) {
      progress(
        `watching the metrics of ${alarms.length} alarms for ${Math.ceil((endMs - clock.now()) / SECOND_MS)} s more`,
      );
      for (const alarm of alarms) {
        const at = clock.now();
        watched.get(alarm.AlarmName ?? '')?.see(await readMetric(cloudWatch, alarm, at), at);
      }
      await clock.sleep(ASK_EVERY_MS);
    }
    const evidence = [...watched].map(([name, metric]) => `${name}: ${metric.describe()}`);
    const late = Math.max(0, ...[...watched.values()].map(({ lateMs }) => lateMs ?? 0));
    return late === 0
      ? unknown('no new minute came while the metrics were watched', evidence)
      : settled(`a minute is there at most ${Math.round(late / SECOND_MS)} s after its end`, evidence);
  },
};

/** Values by minute, as CloudWatch has them at a moment. */
type Minutes = ReadonlyMap<number, number>;

async function readMetric(client: CloudWatchClient, alarm: MetricAlarm, nowMs: number): Promise<Minutes> {
  const { MetricDataResults: results = [] } = await client.send(
    new GetMetricDataCommand({
      MetricDataQueries: queriesOf(alarm),
      StartTime: new Date(Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - SPAN_MINUTES * MINUTE_MS),
      EndTime: new Date(nowMs),
    }),
  );
  const [result] = results;
  return new Map((result?.Timestamps ?? []).map((at, index) => [at.getTime(), result?.Values?.[index] ?? NaN]));
}

/** An alarm on a single metric has it in its own members, one on an expression has a query for each part of it. */
function queriesOf({
  Metrics: queries,
  Namespace,
  MetricName,
  Dimensions,
  Period,
  Statistic,
}: MetricAlarm): MetricDataQuery[] {
  if (queries !== undefined && queries.length > 0) return queries;
  const Metric = { Namespace, MetricName, ...(Dimensions !== undefined && { Dimensions }) };
  return [
    { Id: 'only', MetricStat: { Metric, Period: Period ?? MINUTE_MS / SECOND_MS, Stat: Statistic ?? 'Maximum' } },
  ];
}

/** What was seen of one metric while it was watched. */
export class WatchedMetric {
  readonly #first = new Map<number, { readonly seenAtMs: number; readonly value: number }>();
  readonly #changed = new Set<number>();
  #looks = 0;
  #missing = 0;

  /** Takes what CloudWatch says at a moment. */
  see(minutes: Minutes, nowMs: number): void {
    this.#looks += 1;
    for (const [minute, value] of minutes) {
      const first = this.#first.get(minute);
      if (first === undefined) this.#first.set(minute, { seenAtMs: this.#looks === 1 ? NaN : nowMs, value });
      else if (first.value !== value) this.#changed.add(minute);
    }
    this.#missing = SPAN_MINUTES - [...minutes.keys()].filter((minute) => minute < nowMs - MINUTE_MS).length;
  }

  /** How long after its end a minute that came while it was watched had a value, at most; undefined where none came. */
  get lateMs(): number | undefined {
    const waits = [...this.#first].flatMap(([minute, { seenAtMs }]) =>
      Number.isNaN(seenAtMs) ? [] : [Math.max(0, seenAtMs - (minute + MINUTE_MS))],
    );
    return waits.length === 0 ? undefined : Math.max(...waits);
  }

  /** One line. */
  describe(): string {
    const { lateMs } = this;
    return [
      lateMs === undefined
        ? 'no new minute'
        : `a minute is there at most ${Math.round(lateMs / SECOND_MS)} s after its end`,
      `${this.#changed.size} minutes changed after they were first seen`,
      `${Math.max(0, this.#missing)} of the last ${SPAN_MINUTES} minutes have no value`,
    ].join(', ');
  }
}
