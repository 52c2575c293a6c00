import { CloudWatchWorld, type AlarmMessage } from '../../local/cloudwatch/cloudwatch-world.ts';
import type { MetricDatum } from '../../local/cloudwatch/metrics/metric.ts';
import type { PageAlarm, PageMessage } from '../../local/page/page-snapshot.ts';
import type { Deployment } from '../deployment/deployment.ts';

/** Messages that the page lists. */
const LISTED_MESSAGES = 30;

/** The alarms of a template as they would be now: CloudWatch's evaluator on the metrics of a local world. */
export class PageAlarms {
  readonly #deployment: Deployment;
  readonly #cloudWatch: CloudWatchWorld;
  readonly #sent: PageMessage[] = [];

  /**
   * Creates the alarms.
   *
   * @param startMs where the clock stands, in milliseconds since 1970
   */
  constructor(deployment: Deployment, startMs: number) {
    const { accountId, topics, evaluated } = deployment;
    this.#deployment = deployment;
    this.#cloudWatch = new CloudWatchWorld({ startMs, accountId, topics });
    this.#cloudWatch.deploy(evaluated);
  }

  /** Takes what was measured, and lines that functions wrote. */
  publish(data: readonly MetricDatum[], lines: readonly string[]): void {
    for (const datum of data) this.#cloudWatch.put(datum);
    for (const line of lines) this.#cloudWatch.log(line);
  }

  /** Lets time pass: alarms are evaluated when they are due. */
  advanceTo(atMs: number): void {
    if (atMs <= this.#cloudWatch.nowMs) return;
    for (const message of this.#cloudWatch.advanceTo(atMs)) this.#hear(message);
  }

  /** All of them. */
  get alarms(): readonly PageAlarm[] {
    const { pageTopicName, alarms } = this.#deployment;
    return alarms.map(({ id, alarm }) => ({
      name: id,
      state: this.#cloudWatch.stateOf(alarm.name),
      sinceMs: this.#cloudWatch.historyOf(alarm.name).at(-1)?.atMs,
      text: shortened(alarm.description),
      isPage: alarm.actions.ALARM.some((arn) => pageTopicName !== undefined && arn.endsWith(`:${pageTopicName}`)),
    }));
  }

  /** What was sent to somebody, the newest first. */
  get messages(): readonly PageMessage[] {
    return this.#sent;
  }

  #hear({ atMs, alarmName, state, delivery }: AlarmMessage): void {
    const drilled = this.#deployment.alarms.find(({ alarm }) => alarm.name === alarmName);
    const told =
      delivery.kind === 'lost'
        ? `Reached nobody: ${delivery.reason}.`
        : `To ${delivery.to.map(({ endpoint }) => endpoint).join(', ')}:`;
    this.#sent.unshift({
      atMs,
      alarmName: drilled?.id ?? alarmName,
      state,
      text: `${told} ${shortened(drilled?.alarm.description)}`,
    });
    this.#sent.length = Math.min(this.#sent.length, LISTED_MESSAGES);
  }
}

/** There is no dashboard of a local world to look at. */
function shortened(description = ''): string {
  return description.replace(/ Dashboard: \S+/, '');
}
