import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import type { AuditedItem } from '../../../../contract/audited-item.ts';
import { alias, concurrency, dataApi } from '../../../../ops/smoke/account-questions.ts';
import { idleZeros, WatchedMetric } from '../../../../ops/smoke/metric-questions.ts';
import { page } from '../../../../ops/smoke/page-question.ts';
import { pause } from '../../../../ops/smoke/pause-question.ts';
import { judgeProbes } from '../../../../ops/smoke/probe-question.ts';
import type { SmokeContext } from '../../../../ops/smoke/question.ts';
import { smokeMarkdown } from '../../../../ops/smoke/smoke-report.ts';
import { forgottenPosition } from '../../../../ops/smoke/stream-questions.ts';
import { deployedStack } from '../../../support/deployed-stack.ts';

/** What each operation is answered, in the form that AWS documents; a function is given the input. */
type Answers = Readonly<Record<string, unknown>>;

const NOW_MS = Date.parse('2026-11-26T12:00:00Z');

/** A stack whose services answer from a table, under a clock that only waiting moves. */
function account(answers: Answers, told?: (code: string) => string | undefined) {
  const calls: string[] = [];
  const inputs: Readonly<Record<string, unknown>>[] = [];
  let nowMs = NOW_MS;
  const send = (command: {
    readonly constructor: { readonly name: string };
    readonly input: Record<string, unknown>;
  }) => {
    const operation = command.constructor.name.replace(/Command$/, '');
    calls.push(operation);
    inputs.push(command.input);
    const answer = answers[operation];
    const given: unknown =
      typeof answer === 'function'
        ? (answer as (input: unknown, nowMs: number) => unknown)(command.input, nowMs)
        : answer;
    return given instanceof Error ? Promise.reject(given) : Promise.resolve(given ?? {});
  };
  const context = {
    target: {
      stack: deployedStack({ stackName: 'flights-dev' }),
      isLocal: false,
      // Paginators ask for an instance of their client.
      client: () => Promise.resolve(Object.assign(Object.create(CloudWatchClient.prototype) as object, { send })),
      execute: () => Promise.resolve(answers['execute']),
    },
    probes: [{ partitionKey: 'k', data: Buffer.from('{}') }],
    progress: () => undefined,
    ask: () => {
      const reason = inputs.find((input) => 'StateReason' in input)?.['StateReason'];
      return Promise.resolve(told?.(/\d{4}/.exec(String(reason))?.[0] ?? ''));
    },
    clock: {
      now: () => nowMs,
      sleep: (ms: number) => {
        nowMs += ms;
        return Promise.resolve();
      },
    },
    signal: new AbortController().signal,
  } as unknown as SmokeContext;
  return { context, calls, inputs };
}

const { outputs } = deployedStack();
const PAGE = { AlarmName: 'flights-dev-NotKeepingUp', AlarmActions: [outputs.PageTopicArn] };
/** Of a stack whose name begins like that of this one. */
const PAGE_OF_ANOTHER = {
  AlarmName: 'flights-dev-eu-NotKeepingUp',
  StateValue: 'ALARM',
  AlarmActions: PAGE.AlarmActions,
};
const NOTICE = { AlarmName: 'flights-dev-Notice', AlarmActions: ['arn:of:another:topic'] };

describe('questions about the account', () => {
  it.each([
    [10, 'wrong'],
    [12, 'wrong'],
    [13, 'settled'],
  ])('need more invocations than lanes: %d are %s', async (ConcurrentExecutions, state) => {
    const { context } = account({
      ListShards: { Shards: [{ ShardId: 'a' }, { ShardId: 'b' }, { ShardId: 'c' }] },
      GetEventSourceMapping: { ParallelizationFactor: 4 },
      GetAccountSettings: { AccountLimit: { ConcurrentExecutions, UnreservedConcurrentExecutions: 5 } },
    });
    expect(await concurrency.answer(context)).toMatchObject({ state });
  });

  it('take the version of the engine for the answer of the Data API', async () => {
    const execute = { rows: [[{ stringValue: 'PostgreSQL 17.9 on aarch64' }]] };
    expect(await dataApi.answer(account({ execute }).context)).toMatchObject({ state: 'settled' });
    expect(await dataApi.answer(account({ execute: { rows: [] } }).context)).toMatchObject({ state: 'wrong' });
  });

  it('find an alias that is not on the version that was deployed, or has weights left over', async () => {
    const answer = async (GetAlias: object) => (await alias.answer(account({ GetAlias }).context)).state;
    expect(await answer({ FunctionVersion: '7' })).toBe('settled');
    expect(await answer({ FunctionVersion: '6' })).toBe('wrong');
    expect(await answer({ FunctionVersion: '7', RoutingConfig: { AdditionalVersionWeights: { 6: 0.1 } } })).toBe(
      'wrong',
    );
  });
});

describe('a number that the stream has forgotten', () => {
  const old = {
    DescribeStreamSummary: {
      StreamDescriptionSummary: {
        RetentionPeriodHours: 24,
        StreamCreationTimestamp: new Date(NOW_MS - 25 * 3_600_000),
      },
    },
    ListShards: { Shards: [{ ShardId: 'shard-1', SequenceNumberRange: { StartingSequenceNumber: '1' } }] },
    GetShardIterator: { ShardIterator: 'i' },
  };

  it('is not there while the stream is younger than its retention', async () => {
    const young = {
      StreamDescriptionSummary: {
        RetentionPeriodHours: 26,
        StreamCreationTimestamp: new Date(NOW_MS - 25 * 3_600_000),
      },
    };
    const { context, calls } = account({ ...old, DescribeStreamSummary: young });
    expect(await forgottenPosition.answer(context)).toMatchObject({ state: 'unknown' });
    expect(calls).toEqual(['DescribeStreamSummary']);
  });

  it.each([
    [
      'is refused',
      new (class extends Error {
        override readonly name = 'InvalidArgumentException';
      })(),
      'settled',
      0,
    ],
    ['is read without end', { Records: [], MillisBehindLatest: 86_400_000, NextShardIterator: 'i' }, 'settled', 20],
    ['comes to the end', { Records: [], MillisBehindLatest: 0, NextShardIterator: 'i' }, 'settled', 1],
    [
      'meets other readers',
      new (class extends Error {
        override readonly name = 'ProvisionedThroughputExceededException';
      })(),
      'unknown',
      0,
    ],
  ])('%s', async (_, GetRecords, state, reads) => {
    const answer = await forgottenPosition.answer(account({ ...old, GetRecords }).context);
    expect(answer.state).toBe(state);
    expect(answer.evidence).toHaveLength(reads);
  });
});

describe('metrics of an idle mapping', () => {
  const answer = async (Values: readonly number[], State = 'Enabled') => {
    const { context } = account({
      GetEventSourceMapping: { State },
      GetMetricData: { MetricDataResults: [{ Values }] },
    });
    return (await idleZeros.answer(context)).state;
  };
  const minutes = (count: number, value: number) => Array.from({ length: count }, () => value);

  it('have a value in every minute, or the alarm would fire on a quiet stream', async () => {
    expect(await answer(minutes(10, 0))).toBe('settled');
    expect(await answer(minutes(9, 0))).toBe('wrong');
    expect(await answer([])).toBe('wrong');
  });

  it('say nothing while records come, or while the mapping is disabled', async () => {
    expect(await answer(minutes(10, 5))).toBe('unknown');
    expect(await answer(minutes(10, 0), 'Disabled')).toBe('unknown');
  });

  it('are late by the time from the end of a minute to its first value, and may change after that', () => {
    const watched = new WatchedMetric();
    const minute = NOW_MS - 60_000;
    watched.see(new Map([[minute - 60_000, 1]]), NOW_MS);
    expect(watched.lateMs).toBeUndefined();
    watched.see(
      new Map([
        [minute - 60_000, 2],
        [minute, 5],
      ]),
      NOW_MS + 70_000,
    );
    expect(watched.lateMs).toBe(70_000);
    expect(watched.describe()).toContain('1 minutes changed');
  });
});

describe('the page', () => {
  const alarms = { DescribeAlarms: { CompositeAlarms: [PAGE, NOTICE] } };
  const history = (HistorySummary: string) => ({ AlarmHistoryItems: [{ HistorySummary }] });
  const DONE = 'Successfully executed action arn:aws:sns:eu-west-1:111122223333:flights-pages';

  it('has arrived when a person tells its number', async () => {
    const { context, inputs } = account({ ...alarms, DescribeAlarmHistory: history(DONE) }, (code) => code);
    expect(await page.answer(context)).toMatchObject({ state: 'settled' });
    expect(inputs.filter((input) => 'StateReason' in input)).toMatchObject([
      {
        AlarmName: PAGE.AlarmName,
        StateValue: 'ALARM',
        StateReason: expect.stringMatching(/^DRILL \d{4}: /) as string,
      },
    ]);
  });

  it.each([
    ['tells another number', () => '0', 'wrong'],
    ['is not there', () => undefined, 'unknown'],
  ])('has not arrived when the person %s', async (_, told, state) => {
    const { context } = account({ ...alarms, DescribeAlarmHistory: history(DONE) }, told);
    expect(await page.answer(context)).toMatchObject({ state });
  });

  it('was not taken by the topic when the history says so, or nothing for two minutes', async () => {
    const failed = account({ ...alarms, DescribeAlarmHistory: history('Failed to execute action') }, (code) => code);
    expect(await page.answer(failed.context)).toMatchObject({ state: 'wrong' });
    const silent = account({ ...alarms, DescribeAlarmHistory: {} }, (code) => code);
    expect(await page.answer(silent.context)).toMatchObject({ state: 'wrong' });
  });

  it('is unknown before the stack has alarms', async () => {
    expect(await page.answer(account({ DescribeAlarms: {} }).context)).toMatchObject({ state: 'unknown' });
  });
});

describe('a paused consumer', () => {
  /** A stack that pages so many minutes after its mapping was disabled. */
  function stack(pagesAfterMinutes: number) {
    let disabledAtMs: number | undefined;
    return account({
      DescribeAlarms: (_: object, nowMs: number) => {
        const isOn = disabledAtMs !== undefined && nowMs - disabledAtMs >= 60_000 * pagesAfterMinutes;
        return { CompositeAlarms: [{ ...PAGE, StateValue: isOn ? 'ALARM' : 'OK' }, PAGE_OF_ANOTHER] };
      },
      GetEventSourceMapping: () => ({ State: disabledAtMs === undefined ? 'Enabled' : 'Disabled' }),
      UpdateEventSourceMapping: ({ Enabled }: { Enabled: boolean }, nowMs: number) => {
        disabledAtMs = Enabled ? undefined : nowMs;
        return {};
      },
      PutRecord: { ShardId: 'a', SequenceNumber: '1' },
    });
  }

  it('is paged after some minutes, while events come in, and goes on then', async () => {
    const { context, calls, inputs } = stack(8);
    const answer = await pause.answer(context);
    expect(answer).toMatchObject({ state: 'settled', finding: 'flights-dev-NotKeepingUp pages after 8.0 minutes' });
    expect(calls.filter((call) => call === 'PutRecord').length).toBeGreaterThan(30);
    expect(inputs.filter((input) => 'Enabled' in input)).toMatchObject([{ Enabled: false }, { Enabled: true }]);
  });

  it('that is not paged within a quarter of an hour is wrong, and goes on all the same', async () => {
    const { context, inputs } = stack(16);
    expect(await pause.answer(context)).toMatchObject({ state: 'wrong' });
    expect(inputs.filter((input) => 'Enabled' in input).at(-1)).toMatchObject({ Enabled: true });
  });

  it('goes on when sending fails', async () => {
    const { context, inputs } = account({
      DescribeAlarms: { CompositeAlarms: [PAGE] },
      GetEventSourceMapping: { State: 'Enabled' },
      PutRecord: new Error('throttled'),
    });
    await expect(pause.answer(context)).rejects.toThrow('throttled');
    expect(inputs.filter((input) => 'Enabled' in input).at(-1)).toMatchObject({ Enabled: true });
  });

  it('is not tried while a page is on, without events, or when it is paused already', async () => {
    const on = account({
      DescribeAlarms: { CompositeAlarms: [{ ...PAGE, StateValue: 'ALARM' }] },
      GetEventSourceMapping: { State: 'Enabled' },
    });
    const paused = account({
      DescribeAlarms: { CompositeAlarms: [PAGE] },
      GetEventSourceMapping: { State: 'Disabled' },
    });
    for (const { context, calls } of [on, paused]) {
      expect(await pause.answer(context)).toMatchObject({ state: 'unknown' });
      expect(calls).not.toContain('UpdateEventSourceMapping');
    }
    expect(await pause.answer({ ...on.context, probes: [] })).toMatchObject({ state: 'unknown' });
  });
});

describe('probe events', () => {
  const item = (rest: Partial<AuditedItem> = {}): AuditedItem => ({
    recordIndex: 0,
    subSequenceNumber: 0,
    eventId: 'e',
    fate: 'in-effect',
    reason: null,
    faults: [],
    ...rest,
  });

  it.each([
    ['are in effect once', [item(), item()], 'settled'],
    ['are skipped in part', [item(), item({ fate: 'skipped', reason: 'ping' })], 'settled'],
    ['are all skipped', [item({ fate: 'skipped', reason: 'ping' })], 'unknown'],
    ['are not processed', [item(), item({ fate: 'nowhere' })], 'wrong'],
    ['are rejected', [item({ fate: 'quarantined', reason: 'schema' })], 'wrong'],
    ['have a row twice', [item({ faults: [{ kind: 'row-twice', table: 'orders' }] })], 'wrong'],
  ])('that %s', (_, items, state) => {
    expect(judgeProbes(items, { records: 2, known: 0 }).state).toBe(state);
  });
});

it('writes a report that has no account number in it', () => {
  const answer = {
    name: 'page',
    question: 'Does it?',
    seconds: 3,
    state: 'settled',
    finding: 'a | b',
    evidence: [outputs.PageTopicArn],
  } as const;
  const report = {
    stack: 'flights-dev',
    region: 'eu-west-1',
    commit: 'c',
    build: 'b',
    startedAt: '2026-11-26',
    answers: [answer],
  };
  const text = smokeMarkdown(report);
  expect(text).toContain('| Does it? | settled | a \\| b |');
  expect(text).toContain('arn:aws:sns:eu-west-1:************:flights-pages');
  expect(text).not.toContain('111122223333');
});
