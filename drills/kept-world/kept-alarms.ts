import { execFile } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import type { AlarmAnswer } from '../../local/aws/aws-answers.ts';
import type { Alarm } from '../../local/cloudwatch/alarms/alarm.ts';
import { CloudWatchWorld } from '../../local/cloudwatch/cloudwatch-world.ts';
import type { MetricReading } from '../../local/cloudwatch/metrics/metric-store.ts';
import type { AlarmedStack, WorldAlarms } from '../../local/run/world-alarms.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { DrilledAlarm } from '../deployment/drilled-alarms.ts';
import { readDeployments } from '../deployment/read-deployments.ts';

const PROCESS_ENTRY = join(import.meta.dirname, `synthesize-process${extname(import.meta.filename)}`);

/** A template has a tenth of it. */
const MAX_TEMPLATE_BYTES = 16 * 1024 * 1024;

/**
 * Evaluates the alarms that a function's stack would be deployed with, on what a world on this machine publishes. The
 * template is synthesized while the world goes on.
 *
 * @param signal gives up
 */
export async function openKeptAlarms(stack: AlarmedStack, signal: AbortSignal): Promise<WorldAlarms> {
  return createKeptAlarms(await synthesize(stack, signal), stack, Date.now());
}

/**
 * Makes the alarms of a template.
 *
 * @param startMs when they are made, in milliseconds since 1970
 */
export function createKeptAlarms(template: unknown, stack: AlarmedStack, startMs: number): WorldAlarms {
  const { streamArn, stackName } = stack;
  const [, , , region = '', accountId = ''] = streamArn.split(':');
  const [deployment] = readDeployments(template, { stackName, accountId, region }).deployments;
  if (deployment === undefined) throw new Error(`the stack of ${stackName} has no processor`);
  return new KeptAlarms(deployment, stack, startMs);
}

async function synthesize({ functionName, deployment }: AlarmedStack, signal: AbortSignal): Promise<unknown> {
  const argv = [PROCESS_ENTRY, functionName, deployment];
  const running = promisify(execFile)(process.execPath, argv, { signal, maxBuffer: MAX_TEMPLATE_BYTES });
  const { pid } = running.child;
  // Whoever starts a world looks at how it drains: the alarms can wait.
  if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  return JSON.parse((await running).stdout);
}

class KeptAlarms implements WorldAlarms {
  readonly #cloudWatch: CloudWatchWorld;
  readonly #alarms: readonly Alarm[];
  readonly #pageTopic: { readonly deployed: string; readonly ofWorld: string };
  readonly #drilled: readonly DrilledAlarm[];
  readonly #startMs: number;

  constructor({ accountId, topics, alarms, evaluated, ...names }: Deployment, stack: AlarmedStack, startMs: number) {
    this.#startMs = startMs;
    const { store, functionName, mappingId, streamArn } = stack;
    this.#drilled = alarms;
    this.#pageTopic = { deployed: names.promises.pageTopic, ofWorld: stack.pageTopicArn };
    this.#alarms = evaluated.map((alarm) =>
      renamed(alarm, {
        [names.processor.functionName]: functionName,
        [names.mapping.id]: mappingId,
        [names.stream.name]: streamArn.split('/').at(-1) ?? '',
      }),
    );
    this.#cloudWatch = new CloudWatchWorld({ startMs, accountId, topics, store });
    this.#cloudWatch.deploy(this.#alarms);
  }

  at(nowMs: number): readonly AlarmAnswer[] {
    if (nowMs > this.#cloudWatch.nowMs) this.#cloudWatch.advanceTo(nowMs);
    const { deployed, ofWorld } = this.#pageTopic;
    return this.#alarms.map(({ name, kind, actions }) => {
      const told = actions.ALARM.map((arn) => (arn === deployed ? ofWorld : arn));
      const { atMs: sinceMs = this.#startMs, because: reason = '' } = this.#cloudWatch.historyOf(name).at(-1) ?? {};
      return {
        name,
        kind,
        state: this.#cloudWatch.stateOf(name),
        reason: this.#inPlainWords(reason),
        sinceMs,
        actions: told,
      };
    });
  }

  /** An incident is on because of alarms, by their ARNs. */
  #inPlainWords(reason: string): string {
    return this.#drilled.reduce((text, { id, alarm: { arn } }) => text.replace(arn, id), reason);
  }
}

/** What things are called in the world: the template does not know. */
type Names = Readonly<Record<string, string>>;

function renamed(alarm: Alarm, names: Names): Alarm {
  if (alarm.kind === 'composite') return alarm;
  const { source } = alarm;
  if (source.kind === 'metric')
    return { ...alarm, source: { ...source, reading: renamedReading(source.reading, names) } };
  const readings = new Map(Array.from(source.readings, ([id, reading]) => [id, renamedReading(reading, names)]));
  return { ...alarm, source: { ...source, readings } };
}

function renamedReading(reading: MetricReading, names: Names): MetricReading {
  const { metric } = reading;
  const dimensions = Object.entries(metric.dimensions).map(([name, value]) => [name, names[value] ?? value]);
  return { ...reading, metric: { ...metric, dimensions: Object.fromEntries(dimensions) as Names } };
}
