import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import {
  GetEventSourceMappingCommand,
  UpdateEventSourceMappingCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { listStackAlarms, type StackAlarm } from '../stack/stack-alarms.ts';
import { pagesOf } from './page-question.ts';
import { putProbe } from './probe-question.ts';
import { settled, unknown, wrong, type Question, type SmokeContext } from './question.ts';

const MINUTE_MS = 60_000;

/** With the default of five minutes for being behind, a page is due after eight; metrics may be late. */
const PAGE_WAIT_MS = 15 * MINUTE_MS;
const ASK_EVERY_MS = 15_000;
/** A change of a mapping takes up to some minutes. */
const CHANGE_WAIT_MS = 5 * MINUTE_MS;

/** Whether a stopped consumer is paged: the mapping is disabled while events come in, until the page is on. */
export const pause: Question = {
  name: 'pause',
  question: 'After how many minutes is a stopped consumer paged?',
  changes: true,
  isForLocal: true,
  answer: async (context) => {
    const { target, probes } = context;
    if (probes.length === 0) return unknown('no events to send while it is paused: pass `--events FILE`');
    const lambda = await target.client('lambda');
    const cloudWatch = await target.client('cloudWatch');
    const { stackName, outputs } = target.stack;
    const alarms = await listStackAlarms(cloudWatch, stackName);
    const pages = pagesOf(alarms, outputs.PageTopicArn);
    if (pages.length === 0)
      return unknown('the stack has no page alarms yet: they are created once the watchdog has run');
    const on = namesOn(alarms);
    const before = pages.filter(({ AlarmName = '' }) => on.has(AlarmName));
    if (before.length > 0)
      return unknown(`${before.map(({ AlarmName }) => AlarmName).join(', ')} is already on; fix that first`);
    const { State: state } = await lambda.send(new GetEventSourceMappingCommand({ UUID: outputs.MappingId }));
    if (state !== 'Enabled') return unknown(`the mapping is ${String(state)}; enable it first`);
    try {
      await setEnabled(lambda, { uuid: outputs.MappingId, isEnabled: false }, context);
      return await awaitPage(cloudWatch, new Set(pages.map(({ AlarmName = '' }) => AlarmName)), context);
    } finally {
      await setEnabled(
        lambda,
        { uuid: outputs.MappingId, isEnabled: true },
        { ...context, signal: new AbortController().signal },
      );
    }
  },
};

async function setEnabled(
  lambda: LambdaClient,
  { uuid, isEnabled }: { readonly uuid: string; readonly isEnabled: boolean },
  { clock, signal, progress }: SmokeContext,
): Promise<void> {
  const wanted = isEnabled ? 'Enabled' : 'Disabled';
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: isEnabled }));
  const deadlineMs = clock.now() + CHANGE_WAIT_MS;
  while (clock.now() < deadlineMs && !signal.aborted) {
    const { State: state } = await lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }));
    if (state === wanted) return;
    progress(`waiting for the mapping to be ${wanted}; it is ${String(state)}`);
    await clock.sleep(ASK_EVERY_MS / 3);
  }
}

/** Sends the events again and again: the same ones, so that they have one effect in the end. */
async function awaitPage(cloudWatch: CloudWatchClient, pages: ReadonlySet<string>, context: SmokeContext) {
  const { target, probes, clock, signal, progress } = context;
  const { stackName, outputs } = target.stack;
  const kinesis = await target.client('kinesis');
  const startedAtMs = clock.now();
  const seen = new Map<string, string>();
  for (let sent = 0; clock.now() < startedAtMs + PAGE_WAIT_MS && !signal.aborted; sent += 1) {
    const event = probes[sent % probes.length];
    if (event !== undefined) await putProbe(kinesis, outputs.StreamArn, event);
    await clock.sleep(ASK_EVERY_MS);
    const minutes = ((clock.now() - startedAtMs) / MINUTE_MS).toFixed(1);
    progress(`the consumer is paused for ${minutes} minutes; waiting for a page`);
    for (const name of namesOn(await listStackAlarms(cloudWatch, stackName)))
      if (!seen.has(name)) seen.set(name, `${name}: on after ${minutes} minutes`);
    const paged = [...seen.keys()].find((name) => pages.has(name));
    if (paged !== undefined) return settled(`${paged} pages after ${minutes} minutes`, [...seen.values()]);
  }
  return signal.aborted
    ? unknown('interrupted before a page came', [...seen.values()])
    : wrong(`no page came within ${PAGE_WAIT_MS / MINUTE_MS} minutes`, [...seen.values()]);
}

function namesOn(alarms: readonly StackAlarm[]): ReadonlySet<string> {
  return new Set(
    alarms.filter(({ alarm }) => alarm.StateValue === 'ALARM').flatMap(({ alarm }) => alarm.AlarmName ?? []),
  );
}
