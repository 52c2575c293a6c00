import { METRICS_DIMENSION, WATCHDOG_METRICS } from '../../contract/metrics.ts';
import { runWatchdog } from '../../functions/watchdog/run-watchdog.ts';
import { createWatchMemory } from '../../functions/watchdog/watch-stream.ts';
import type { MetricDatum } from '../../local/cloudwatch/metrics/metric.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { MINUTE_MS, type Timeline, type TimelineMinute } from '../timeline.ts';
import { answeringClients } from './answering-clients.ts';
import { conditionsAt, HEALTHY, type Conditions, type Phase } from './conditions.ts';
import { ConsumerModel } from './consumer-model.ts';
import { named, publishedMetrics } from './published-metrics.ts';

/** What happens, and for how long. */
export interface Course {
  /** Minutes before minute 0, in which the phases that begin before it are in force too. */
  readonly leadMinutes: number;
  readonly minutes: number;
  readonly phases: readonly Phase[];
  /** Scenario minute in which the alarms that wait for the watchdog are made. */
  readonly alarmsMadeAt: number;
  /** Before it begins nothing has come in for this long. @defaultValue records came in as ever */
  readonly idleForMinutes?: number;
  /** When it begins, what came in for so long is not committed. @defaultValue all is */
  readonly backlogMinutes?: number;
}

/** Begins at some minute that is no full hour. */
const START_MS = Date.UTC(2026, 10, 26, 5, 7);

/** When minute 0 of a scenario that begins twenty minutes before it is, in minutes since midnight, UTC. */
export const MINUTE_ZERO = 5 * 60 + 27;

/** Long before any scenario, so that nothing of a first deployment is left. */
const DEPLOYED_BEFORE_MS = 365 * 24 * 60 * MINUTE_MS;

/**
 * Lets a deployment live through a scenario. Stream, mapping, function and database are simulated; what the watchdog
 * says of them comes from the watchdog itself.
 */
export async function simulate(deployment: Deployment, course: Course): Promise<Timeline> {
  const { leadMinutes, minutes, phases } = course;
  const consumer = beginOf(deployment, course);
  const now = { conditions: HEALTHY, nowMs: START_MS };
  const watch = createWatch(deployment, () => ({ deployment, consumer, ...now }));
  const passed: TimelineMinute[] = [];
  for (let minute = -leadMinutes; minute < minutes; minute += 1) {
    const startMs = START_MS + (minute + leadMinutes) * MINUTE_MS;
    const conditions = conditionsAt(phases, minute);
    const data = publishedMetrics({
      deployment,
      conditions,
      consumer: consumer.advance(startMs, minute, conditions),
      startMs,
    });
    Object.assign(now, { conditions, nowMs: startMs + MINUTE_MS - 1 });
    passed.push({ data: [...data, ...(await watch(now.nowMs, minute, conditions))], lines: [] });
  }
  return { startMs: START_MS, leadMinutes, minutes: passed, alarmsMadeAt: course.alarmsMadeAt };
}

function beginOf(
  deployment: Deployment,
  { leadMinutes, phases, idleForMinutes, backlogMinutes = 0 }: Course,
): ConsumerModel {
  const consumer = new ConsumerModel(deployment, START_MS - DEPLOYED_BEFORE_MS);
  if (idleForMinutes !== undefined) consumer.beginIdle(START_MS - idleForMinutes * MINUTE_MS);
  const before = Math.floor(backlogMinutes);
  if (before > 0) consumer.beginBehind([START_MS - before * MINUTE_MS, START_MS], conditionsAt(phases, -leadMinutes));
  return consumer;
}

type Watch = (nowMs: number, minute: number, conditions: Conditions) => Promise<readonly MetricDatum[]>;

/** The watchdog of a deployment, in one execution environment. */
function createWatch(deployment: Deployment, world: Parameters<typeof answeringClients>[0]): Watch {
  const { environment, everyMinutes, neverRuns } = deployment.watchdog;
  const options = {
    ...answeringClients(world),
    environment,
    now: () => world().nowMs,
    sleep: () => Promise.resolve(),
    memory: createWatchMemory(),
  };
  const dimensions = { [METRICS_DIMENSION]: environment.deployment };
  return async (nowMs, minute, { watchdog }) => {
    if (neverRuns !== undefined || watchdog === 'dead' || minute % everyMinutes !== 0) return [];
    const { metrics } = await runWatchdog(options);
    const times = watchdog === 'runs-twice' ? 2 : 1;
    const values = Object.fromEntries(
      Object.entries(metrics).map(([name, value]) => [name, Array<number>(times).fill(value)]),
    );
    return named({ timestampMs: nowMs, namespace: environment.metricsNamespace, dimensions }, values, WATCHDOG_METRICS);
  };
}
