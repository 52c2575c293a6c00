import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { WatchdogEnvironment } from '../../contract/maintenance-environment.ts';
import type { WatchdogMetricName } from '../../contract/metrics.ts';
import { VERDICTS } from '../../progress/verdict.ts';
import type { Target } from '../stack/open-target.ts';
import type { WatchdogRun } from './status.ts';

const MINUTE_MS = 60_000;

/** A watchdog that has published nothing for so long is silent, and not only late. */
const WINDOW_MINUTES = 60;

const VERDICT: WatchdogMetricName = 'Verdict';

/** What the watchdog has published last, which is what the alarms go by. */
export async function readWatchdogRun(
  { client }: Target,
  { metricsNamespace, deployment }: Pick<WatchdogEnvironment, 'metricsNamespace' | 'deployment'>,
  nowMs: number,
): Promise<WatchdogRun | 'silent'> {
  const Metric = {
    Namespace: metricsNamespace,
    MetricName: VERDICT,
    Dimensions: [{ Name: 'service', Value: deployment }],
  };
  const endMs = Math.ceil(nowMs / MINUTE_MS) * MINUTE_MS;
  const cloudWatch = await client('cloudWatch');
  const { MetricDataResults: [found] = [] } = await cloudWatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: [{ Id: 'verdict', MetricStat: { Metric, Period: 60, Stat: 'Maximum' } }],
      StartTime: new Date(endMs - WINDOW_MINUTES * MINUTE_MS),
      EndTime: new Date(endMs),
      ScanBy: 'TimestampDescending',
    }),
  );
  const [atMs, number] = [found?.Timestamps?.[0]?.getTime(), found?.Values?.[0]];
  if (atMs === undefined || number === undefined) return 'silent';
  return { atMs, verdict: VERDICTS[number] };
}
