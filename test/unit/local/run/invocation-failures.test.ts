import { beforeEach, describe, expect, it } from 'vitest';
import type { CrashCause, EnvironmentCrash } from '../../../../local/environments/environment-protocol.ts';
import type { Finished } from '../../../../local/mapping/mapping-event.ts';
import type { MappingRecord } from '../../../../local/mapping/mapping-record.ts';
import type { InvocationResult } from '../../../../local/mapping/ports.ts';
import { InvocationFailures } from '../../../../local/run/invocation-failures.ts';

const ERROR = { errorType: 'RangeError', errorMessage: 'too\n  far', trace: ['RangeError: too', '    at x'] };

let failures: InvocationFailures;
let requests = 0;

beforeEach(() => {
  failures = new InvocationFailures('orders');
});

function crash(cause: CrashCause, more: Partial<EnvironmentCrash> = {}): EnvironmentCrash {
  return { environmentId: 'orders-1', phase: 'invoke', cause, error: ERROR, ...more };
}

function finished(requestId: string, records: number, verdict: Finished['verdict']): Finished {
  return {
    type: 'finished',
    shardId: 'shardId-0',
    atMs: 0,
    lane: 0,
    requestId,
    records: Array.from({ length: records }, (_, index) => ({ sequenceNumber: String(index + 1) }) as MappingRecord),
    verdict,
    durationMs: 0,
    iteratorAgeMs: 0,
    isDuplicate: false,
  };
}

/** One invocation as the mapping makes it: what it is answered, and the crash that ends it, if one does. */
async function invoke(result: InvocationResult, given?: EnvironmentCrash, records = 2): Promise<void> {
  const requestId = `request-${(requests += 1)}`;
  const invoker = failures.watch({
    invoke: () => {
      if (given !== undefined) failures.addCrash({ ...given, requestId });
      return Promise.resolve(result);
    },
  });
  await invoker.invoke('{}', { requestId });
  const verdicts = { error: { kind: 'error', functionError: 'Unhandled' }, throttled: { kind: 'throttled' } } as const;
  const verdict = result.kind === 'error' || result.kind === 'throttled' ? verdicts[result.kind] : undefined;
  failures.addFinished(finished(requestId, records, verdict ?? { kind: 'success' }));
}

const FAILED: InvocationResult = { kind: 'error', functionError: 'Unhandled', payload: JSON.stringify(ERROR) };
const SUCCEEDED: InvocationResult = { kind: 'response', payload: 'null' };
const EXIT: CrashCause = { kind: 'exit', status: 1 };

describe('the line of a crash', () => {
  it.each<[EnvironmentCrash, string]>([
    [crash({ kind: 'load-error' }, { phase: 'init' }), 'while loading: RangeError: too far'],
    [crash(EXIT, { uncaught: ERROR }), 'while handling a batch: RangeError: too far, uncaught'],
    [crash({ kind: 'exit', status: 7 }), 'while handling a batch: exit with status 7'],
    [crash({ kind: 'signal', signal: 'aborted' }), 'while handling a batch: signal aborted, as when the heap is full'],
    [crash({ kind: 'signal', signal: 'killed' }), 'while handling a batch: signal killed'],
    [crash({ kind: 'timeout', timeoutMs: 60_000 }), 'while handling a batch: timed out after 60 s'],
  ])('says why the environment ended: %#', async (given, reason) => {
    await invoke(FAILED, given);
    expect(failures.takeLines()).toEqual([`CRASH ${reason}; in flight: 2 records of shardId-0, 1 to 2`]);
    expect(failures.takeLines()).toEqual([]);
  });

  it('names the one record there is, or none when no batch was in flight', async () => {
    await invoke(FAILED, crash(EXIT), 1);
    failures.addCrash(crash(EXIT));
    expect(failures.takeLines()).toEqual([
      'CRASH while handling a batch: exit with status 1; in flight: 1 record of shardId-0, 1',
      'CRASH while handling a batch: exit with status 1',
    ]);
  });

  it('is another one when the handler failed and its environment lives on', async () => {
    await invoke(FAILED);
    await invoke(SUCCEEDED);
    expect(failures.takeLines()).toEqual([
      'ERROR the handler failed: RangeError: too far; in flight: 2 records of shardId-0, 1 to 2',
    ]);
  });
});

describe('crashes that come again and again', () => {
  it('are counted after three: at powers of ten, and in the end', async () => {
    for (let index = 0; index < 123; index += 1) await invoke(FAILED, crash(EXIT));
    const reason = 'CRASH while handling a batch: exit with status 1';
    const inFlight = 'in flight: 2 records of shardId-0, 1 to 2';
    expect(failures.takeLines()).toEqual([
      ...Array<string>(3).fill(`${reason}; ${inFlight}`),
      `${reason}: 10 times so far; ${inFlight}`,
      `${reason}: 100 times so far; ${inFlight}`,
    ]);
    expect(failures.totals()).toEqual([`${reason}: 123 times in all`]);
  });

  it('do not flood the screen with a reason that is new each time, or a long one', async () => {
    for (let status = 0; status < 1000; status += 1) await invoke(FAILED, crash({ kind: 'exit', status }));
    expect(failures.takeLines().length).toBeLessThan(30);
    expect(failures.totals()).toEqual(['CRASH for other reasons: 980 times in all']);
    failures = new InvocationFailures('orders');
    await invoke(FAILED, crash(EXIT, { uncaught: { errorType: 'Error', errorMessage: 'x'.repeat(100_000) } }));
    expect(failures.takeLines()[0]?.length).toBeLessThan(1200);
  });
});

describe('environments that fail to start', () => {
  const failedStart = crash({ kind: 'load-error' }, { phase: 'init' });

  it('are given up after three in a row, with each reason once', async () => {
    await invoke(FAILED, failedStart);
    await invoke(FAILED, { ...failedStart, cause: EXIT });
    expect(failures.startFailure()).toBeUndefined();
    await invoke(FAILED, failedStart);
    expect(failures.startFailure()?.problems).toEqual([
      '3 environments in a row failed to start while loading: RangeError: too far',
      '3 environments in a row failed to start while loading: exit with status 1',
    ]);
  });

  it('are not, as long as one starts in between; a throttled invocation started none', async () => {
    for (let index = 0; index < 9; index += 1) {
      await invoke(FAILED, failedStart);
      if (index % 2 === 1) await invoke(index % 3 === 0 ? SUCCEEDED : FAILED);
    }
    expect(failures.startFailure()).toBeUndefined();
    await invoke({ kind: 'throttled' });
    await invoke(FAILED, failedStart);
    await invoke(FAILED, failedStart);
    expect(failures.startFailure()).toBeDefined();
  });

  it('count no crash while a batch was handled', async () => {
    for (let index = 0; index < 9; index += 1) await invoke(FAILED, crash(EXIT));
    expect(failures.startFailure()).toBeUndefined();
  });
});
