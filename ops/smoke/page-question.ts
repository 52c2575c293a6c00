import { randomInt } from 'node:crypto';
import {
  DescribeAlarmHistoryCommand,
  SetAlarmStateCommand,
  type CloudWatchClient,
  type CompositeAlarm,
} from '@aws-sdk/client-cloudwatch';
import { listStackAlarms, type StackAlarm } from '../stack/stack-alarms.ts';
import { settled, unknown, wrong, type Answer, type Question, type SmokeContext } from './question.ts';

/** SNS and CloudWatch take seconds; what has not happened by then has gone wrong. */
const HISTORY_WAIT_MS = 120_000;
const ASK_EVERY_MS = 5_000;

/** The pages of a stack: composite alarms that tell the topic of the pages. */
export function pagesOf(alarms: readonly StackAlarm[], topicArn: string): readonly CompositeAlarm[] {
  return alarms.flatMap((one) =>
    one.kind === 'incident' && one.alarm.AlarmActions?.includes(topicArn) === true ? [one.alarm] : [],
  );
}

/** Whether a page arrives: every page is raised by hand, its action is looked for in the history, and a person has to say what came. */
export const page: Question = {
  name: 'page',
  question: 'Does a page reach a person?',
  changes: true,
  isForLocal: false,
  answer: async (context) => {
    const { target, progress } = context;
    const cloudWatch = await target.client('cloudWatch');
    const pages = pagesOf(await listStackAlarms(cloudWatch, target.stack.stackName), target.stack.outputs.PageTopicArn);
    if (pages.length === 0)
      return unknown('the stack has no page alarms yet: they are created once the watchdog has run');
    const code = String(randomInt(1_000, 10_000));
    const evidence: string[] = [];
    let failed = 0;
    for (const { AlarmName = '' } of pages) {
      progress(`raising ${AlarmName}`);
      const summary = await raise(cloudWatch, { name: AlarmName, code }, context);
      if (summary?.startsWith('Successfully executed action') !== true) failed += 1;
      evidence.push(`${AlarmName}: ${summary ?? 'no action in the history'}`);
    }
    if (failed > 0) return wrong(`the topic rejected ${failed} of ${pages.length} pages`, evidence);
    return acknowledge(code, evidence, context);
  },
};

/**
 * Sets an alarm's state by hand; CloudWatch puts it back at its next evaluation.
 *
 * @returns what the history says of its action; undefined where it says nothing
 */
async function raise(
  client: CloudWatchClient,
  { name, code }: { readonly name: string; readonly code: string },
  { clock, signal }: SmokeContext,
): Promise<string | undefined> {
  const startedAtMs = clock.now();
  const StateReason = `DRILL ${code}: please tell whoever runs the smoke test that you got this, and the number`;
  await client.send(new SetAlarmStateCommand({ AlarmName: name, StateValue: 'ALARM', StateReason }));
  while (clock.now() < startedAtMs + HISTORY_WAIT_MS && !signal.aborted) {
    await clock.sleep(ASK_EVERY_MS);
    const { AlarmHistoryItems: items = [] } = await client.send(
      new DescribeAlarmHistoryCommand({
        AlarmName: name,
        AlarmTypes: ['CompositeAlarm'],
        HistoryItemType: 'Action',
        StartDate: new Date(startedAtMs - ASK_EVERY_MS),
      }),
    );
    const [newest] = items;
    if (newest?.HistorySummary !== undefined) return newest.HistorySummary;
  }
  return undefined;
}

async function acknowledge(code: string, evidence: readonly string[], { ask, clock }: SmokeContext): Promise<Answer> {
  const askedAtMs = clock.now();
  const told = await ask('Which number came with the pages? (DRILL, and four digits; empty if none came) ');
  if (told === undefined) {
    return unknown('the topic accepted the pages, but nobody could confirm them: run this in a terminal', evidence);
  }
  const minutes = ((clock.now() - askedAtMs) / 60_000).toFixed(1);
  return told.trim() === code
    ? settled('a person entered the number from the page', [...evidence, `acknowledged after ${minutes} minutes`])
    : wrong('the topic accepted the pages, but nobody entered the number: check the subscriptions', evidence);
}
