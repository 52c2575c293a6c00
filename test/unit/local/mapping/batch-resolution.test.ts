import { describe, expect, it } from 'vitest';
import {
  beginResolution,
  nextStep,
  postpone,
  settleAttempt,
  type Resolution,
  type ResolutionRules,
} from '../../../../local/mapping/batch-resolution.ts';
import type { MappingRecord } from '../../../../local/mapping/mapping-record.ts';
import type { BatchVerdict } from '../../../../local/mapping/response-verdict.ts';
import { aRecord, records } from './records.ts';

const RULES: ResolutionRules = {
  bisectBatchOnFunctionError: false,
  maximumRetryAttempts: -1,
  maximumRecordAgeSeconds: -1,
};
const ERROR: BatchVerdict = { kind: 'error', functionError: 'Unhandled' };

function present(nowMs = 1_000_000) {
  let requests = 0;
  return { nowMs, newRequestId: () => `request-${(requests += 1)}` };
}

/** Begins the delivery of what comes next. */
function delivering(batch: readonly MappingRecord[], rules = RULES): Resolution {
  return nextStep(beginResolution(batch), rules, present()).resolution;
}

const ordinals = (batch: readonly MappingRecord[]): readonly number[] => batch.map(({ ordinal }) => ordinal);

describe('resolution of a batch', () => {
  it('is finished when nothing is left', () => {
    const { resolution } = settleAttempt(delivering(records(2)), { kind: 'success' }, RULES);
    expect(nextStep(resolution, RULES, present()).step).toEqual({ kind: 'finished' });
  });

  it('keeps the request id over retries and gives the remainder a new one', () => {
    const now = present();
    const first = nextStep(beginResolution(records(3)), RULES, now);
    const retried = nextStep(settleAttempt(first.resolution, ERROR, RULES).resolution, RULES, now);
    const partial = settleAttempt(retried.resolution, { kind: 'checkpoint', index: 1 }, RULES);
    const remainder = nextStep(partial.resolution, RULES, now);
    const ids = [first, retried, remainder].map(({ step }) => step.kind === 'invoke' && step.delivery.requestId);
    expect(ids).toEqual(['request-1', 'request-1', 'request-2']);
  });

  it('spends no retry on progress: the remainder begins with a full budget', () => {
    const rules = { ...RULES, maximumRetryAttempts: 1 };
    const failedOnce = settleAttempt(delivering(records(3), rules), ERROR, rules).resolution;
    const partial = settleAttempt(failedOnce, { kind: 'checkpoint', index: 2 }, rules);
    expect(partial.outcome).toMatchObject({ kind: 'partial' });
    const { resolution } = nextStep(partial.resolution, rules, present());
    expect(resolution.current).toMatchObject({ attempts: 0 });
    expect(settleAttempt(resolution, ERROR, rules).outcome.kind).toBe('retry');
  });

  it('counts a failure at the first record as a failed attempt without a function error', () => {
    const rules = { ...RULES, maximumRetryAttempts: 0 };
    const { outcome } = settleAttempt(delivering(records(3)), { kind: 'checkpoint', index: 0 }, rules);
    expect(outcome).toMatchObject({ kind: 'discard', invokeCount: 1, functionError: null });
    expect(outcome.kind === 'discard' && ordinals(outcome.records)).toEqual([0, 1, 2]);
  });

  it.each([
    { maximumRetryAttempts: 2, failures: 2, outcome: 'retry' },
    { maximumRetryAttempts: 2, failures: 3, outcome: 'discard' },
    { maximumRetryAttempts: -1, failures: 5_000, outcome: 'retry' },
  ])('after $failures failures with $maximumRetryAttempts retries: $outcome', ({ failures, outcome, ...own }) => {
    const rules = { ...RULES, ...own };
    let settled = settleAttempt(delivering(records(1)), ERROR, rules);
    for (let failure = 2; failure <= failures; failure += 1) settled = settleAttempt(settled.resolution, ERROR, rules);
    expect(settled.outcome.kind).toBe(outcome);
  });

  it('spends nothing on throttles, and counts them from one again after an attempt', () => {
    const rules = { ...RULES, maximumRetryAttempts: 0 };
    let { resolution } = { resolution: delivering(records(1), rules) };
    for (let throttle = 1; throttle <= 3; throttle += 1) {
      const settled = settleAttempt(resolution, { kind: 'throttled' }, rules);
      expect(settled.outcome).toEqual({ kind: 'throttled', throttles: throttle });
      resolution = settled.resolution;
    }
    const unlimited = settleAttempt(resolution, ERROR, RULES);
    expect(unlimited.outcome).toEqual({ kind: 'retry', attempts: 1 });
    const again = settleAttempt(unlimited.resolution, { kind: 'throttled' }, RULES);
    expect(again.outcome).toEqual({ kind: 'throttled', throttles: 1 });
  });

  it.each([
    { verdict: ERROR, functionError: 'Unhandled' },
    { verdict: { kind: 'checkpoint', index: 0 } as const, functionError: null },
    { verdict: { kind: 'undeliverable', reason: 'too large' } as const, functionError: undefined },
  ])('discards with the function error of the last attempt: $functionError', ({ verdict, functionError }) => {
    const rules = { ...RULES, maximumRetryAttempts: 0 };
    const { outcome } = settleAttempt(delivering(records(1)), verdict, rules);
    expect(outcome).toMatchObject({ kind: 'discard', functionError });
  });
});

describe('bisect', () => {
  const rules = { ...RULES, bisectBatchOnFunctionError: true, maximumRetryAttempts: 0 };

  it.each([
    { size: 2, first: [0], second: [1] },
    { size: 3, first: [0], second: [1, 2] },
    { size: 4, first: [0, 1], second: [2, 3] },
    { size: 5, first: [0, 1], second: [2, 3, 4] },
  ])('cuts $size records after the smaller half and delivers it first', ({ size, first, second }) => {
    const { outcome, resolution } = settleAttempt(delivering(records(size)), ERROR, rules);
    expect(outcome).toMatchObject({ kind: 'bisected' });
    const next = nextStep(resolution, rules, present()).resolution;
    expect(ordinals(next.current?.records ?? [])).toEqual(first);
    const afterFirst = settleAttempt(next, { kind: 'success' }, rules).resolution;
    expect(ordinals(nextStep(afterFirst, rules, present()).resolution.current?.records ?? [])).toEqual(second);
  });

  it('costs no retry: with none allowed only the record that fails alone is discarded', () => {
    const halves = settleAttempt(delivering(records(2)), ERROR, rules);
    const first = nextStep(halves.resolution, rules, present());
    const { outcome } = settleAttempt(first.resolution, ERROR, rules);
    expect(outcome).toMatchObject({ kind: 'discard', invokeCount: 1 });
    expect(outcome.kind === 'discard' && ordinals(outcome.records)).toEqual([0]);
  });

  it('takes progress before it cuts', () => {
    const { outcome } = settleAttempt(delivering(records(4)), { kind: 'checkpoint', index: 1 }, rules);
    expect(outcome.kind).toBe('partial');
  });
});

describe('record age', () => {
  const rules = { ...RULES, maximumRecordAgeSeconds: 60 };
  const nowMs = 1_000_000;

  it.each([
    { ageMs: 60_000, step: 'invoke' },
    { ageMs: 60_001, step: 'discard' },
  ])('a record of $ageMs ms: $step', ({ ageMs, step }) => {
    const batch = [aRecord(0, nowMs - ageMs)];
    expect(nextStep(beginResolution(batch), rules, present(nowMs)).step.kind).toBe(step);
  });

  it('splits off the expired prefix only: an old record behind a fresh one stays', () => {
    const batch = [aRecord(0, 0), aRecord(1, 0), aRecord(2, nowMs), aRecord(3, 0)];
    const { step, resolution } = nextStep(beginResolution(batch), rules, present(nowMs));
    expect(step.kind === 'discard' && ordinals(step.records)).toEqual([0, 1]);
    expect(ordinals(resolution.current?.records ?? [])).toEqual([2, 3]);
  });

  it('is checked before every attempt, and says nothing of the response then', () => {
    const failed = settleAttempt(delivering([aRecord(0, nowMs)], rules), ERROR, rules).resolution;
    const later = nextStep(failed, rules, present(nowMs + 60_001));
    expect(later.step).toMatchObject({
      kind: 'discard',
      condition: 'RecordAgeExceeded',
      invokeCount: 1,
      functionError: undefined,
    });
    expect(nextStep(later.resolution, rules, present(nowMs + 60_001)).step.kind).toBe('finished');
  });

  it.each([
    { dueAtMs: nowMs + 30_000, untilMs: nowMs + 10_001 },
    { dueAtMs: nowMs + 10_000, untilMs: nowMs + 10_000 },
  ])('ends the wait for an attempt at $dueAtMs at $untilMs', ({ dueAtMs, untilMs }) => {
    const waiting = postpone(delivering([aRecord(0, nowMs - 50_000), aRecord(1, nowMs)], rules), dueAtMs);
    expect(nextStep(waiting, rules, present(nowMs)).step).toEqual({ kind: 'wait', untilMs });
  });

  it('splits off the expired prefix during a wait and goes on waiting with the rest', () => {
    const batch = [aRecord(0, nowMs - 50_000), aRecord(1, nowMs - 20_000)];
    const waiting = postpone(delivering(batch, rules), nowMs + 30_000);
    const discarded = nextStep(waiting, rules, present(nowMs + 10_001));
    expect(discarded.step.kind === 'discard' && ordinals(discarded.step.records)).toEqual([0]);
    const { step } = nextStep(discarded.resolution, rules, present(nowMs + 10_001));
    expect(step).toEqual({ kind: 'wait', untilMs: nowMs + 30_000 });
  });

  it('gives up nothing without a limit', () => {
    const { step } = nextStep(beginResolution([aRecord(0, 0)]), RULES, present(Number.MAX_SAFE_INTEGER));
    expect(step.kind).toBe('invoke');
  });
});
