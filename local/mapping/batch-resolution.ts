import { countExpired, expiresAtMs, type MappingRecord } from './mapping-record.ts';
import type { DiscardCondition } from './ports.ts';
import type { BatchVerdict } from './response-verdict.ts';

type Records = readonly MappingRecord[];

/** The part of the settings that decides what happens to a batch. */
export interface ResolutionRules {
  readonly bisectBatchOnFunctionError: boolean;
  readonly maximumRetryAttempts: number;
  readonly maximumRecordAgeSeconds: number;
}

/** The batch that is being delivered now. */
export interface Delivery {
  readonly records: Records;
  /** Stays the same over all retries of this batch. */
  readonly requestId: string;
  /** Attempts that counted so far; throttled ones do not. */
  readonly attempts: number;
  /** Attempts in a row that did not reach the function. */
  readonly throttles: number;
  /** What the last counted attempt ended with; `undefined` while the function was not reached. */
  readonly functionError: 'Unhandled' | null | undefined;
  /** The next attempt is not made before this time, milliseconds since the epoch. */
  readonly dueAtMs: number;
}

/** What is left of a batch: the delivery under way and what comes after it, next one last. */
export interface Resolution {
  readonly current: Delivery | undefined;
  readonly waiting: readonly Records[];
}

/** Records that are given up. */
export interface Discard {
  readonly kind: 'discard';
  readonly condition: DiscardCondition;
  readonly records: Records;
  readonly requestId: string;
  /** The document's approximateInvokeCount. */
  readonly invokeCount: number;
  /** `undefined` when the document has no responseContext. */
  readonly functionError: 'Unhandled' | null | undefined;
}

/** What a step depends on beside the batch. */
export interface Present {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly newRequestId: () => string;
}

/** What to do next for a batch. */
export type ResolutionStep =
  | { readonly kind: 'finished' }
  | { readonly kind: 'invoke'; readonly delivery: Delivery }
  /** Nothing to do before `untilMs`, milliseconds since the epoch. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  | Discard;

/** What an attempt led to. */
export type AttemptOutcome =
  | { readonly kind: 'success'; readonly records: Records }
  /** Records before the checkpoint are done, the remaining ones are a new batch that is sent at once. */
  | { readonly kind: 'partial'; readonly records: Records; readonly remaining: Records }
  | { readonly kind: 'bisected'; readonly first: Records; readonly second: Records }
  | { readonly kind: 'retry'; readonly attempts: number }
  | { readonly kind: 'throttled'; readonly throttles: number }
  | Discard;

const UNLIMITED = -1;

/** A batch of which nothing has been delivered yet. */
export function beginResolution(records: Records): Resolution {
  return { current: undefined, waiting: [records] };
}

/**
 * Decides the next step: records that are too old are split off the front and given up; the rest is sent as soon as
 * it is due. A wait ends early when the first record grows too old, so that a backoff never keeps a record for longer
 * than its maximum age.
 *
 * @param resolution what is left of the batch
 * @param rules the settings that decide
 * @param present the time, and request ids for batches that have not been sent before
 */
export function nextStep(
  resolution: Resolution,
  rules: ResolutionRules,
  present: Present,
): { readonly step: ResolutionStep; readonly resolution: Resolution } {
  const delivering = resolution.current === undefined ? popNext(resolution, present.newRequestId) : resolution;
  const { current } = delivering;
  if (current === undefined) return { step: { kind: 'finished' }, resolution: delivering };
  const expired = countExpired(current.records, rules.maximumRecordAgeSeconds, present.nowMs);
  if (expired === 0) return { step: attemptOrWait(current, rules, present.nowMs), resolution: delivering };
  const rest = current.records.slice(expired);
  return {
    step: {
      kind: 'discard',
      condition: 'RecordAgeExceeded',
      records: current.records.slice(0, expired),
      requestId: current.requestId,
      invokeCount: Math.max(1, current.attempts),
      functionError: undefined,
    },
    resolution: { ...delivering, current: rest.length === 0 ? undefined : { ...current, records: rest } },
  };
}

function attemptOrWait(current: Delivery, rules: ResolutionRules, nowMs: number): ResolutionStep {
  if (current.dueAtMs <= nowMs) return { kind: 'invoke', delivery: current };
  const [first] = current.records;
  const expiryMs = first === undefined ? Infinity : expiresAtMs(first, rules.maximumRecordAgeSeconds);
  return { kind: 'wait', untilMs: Math.min(current.dueAtMs, expiryMs) };
}

/** Puts the next attempt of the batch under way off until `dueAtMs`, milliseconds since the epoch. */
export function postpone(resolution: Resolution, dueAtMs: number): Resolution {
  const { current } = resolution;
  return current === undefined ? resolution : { ...resolution, current: { ...current, dueAtMs } };
}

/**
 * Decides what an attempt led to. In this order: progress makes the remainder a new batch with a fresh budget; without
 * progress a batch of several records is cut in two when bisecting is on, which costs no retry; else the attempt
 * counts against the budget.
 */
export function settleAttempt(
  resolution: Resolution,
  verdict: BatchVerdict,
  rules: ResolutionRules,
): { readonly outcome: AttemptOutcome; readonly resolution: Resolution } {
  const { current, waiting } = resolution;
  if (current === undefined) throw new Error('an attempt was settled while nothing was being delivered');
  const { records } = current;
  switch (verdict.kind) {
    case 'success':
      return { outcome: { kind: 'success', records }, resolution: { current: undefined, waiting } };
    case 'throttled':
      return throttled(current, waiting);
    case 'checkpoint':
      return verdict.index > 0
        ? partial(current, verdict.index, waiting)
        : failed({ ...current, functionError: null }, waiting, rules);
    case 'error':
      return failed({ ...current, functionError: verdict.functionError }, waiting, rules);
    case 'undeliverable':
      return failed({ ...current, functionError: undefined }, waiting, rules);
  }
}

type Settled = ReturnType<typeof settleAttempt>;

function throttled(current: Delivery, waiting: readonly Records[]): Settled {
  const throttles = current.throttles + 1;
  return {
    outcome: { kind: 'throttled', throttles },
    resolution: { current: { ...current, throttles }, waiting },
  };
}

function partial({ records }: Delivery, index: number, waiting: readonly Records[]): Settled {
  const remaining = records.slice(index);
  return {
    outcome: { kind: 'partial', records: records.slice(0, index), remaining },
    resolution: { current: undefined, waiting: [...waiting, remaining] },
  };
}

function failed(current: Delivery, waiting: readonly Records[], rules: ResolutionRules): Settled {
  const { records, requestId, functionError } = current;
  if (rules.bisectBatchOnFunctionError && records.length > 1) return bisected(records, waiting);
  const attempts = current.attempts + 1;
  if (rules.maximumRetryAttempts !== UNLIMITED && attempts > rules.maximumRetryAttempts) {
    const condition = 'RetryAttemptsExhausted';
    return {
      outcome: { kind: 'discard', condition, records, requestId, invokeCount: attempts, functionError },
      resolution: { current: undefined, waiting },
    };
  }
  return {
    outcome: { kind: 'retry', attempts },
    resolution: { current: { ...current, attempts, throttles: 0 }, waiting },
  };
}

/** The smaller half first, as observed; the first half is resolved to its end before the second one starts. */
function bisected(records: Records, waiting: readonly Records[]): Settled {
  const middle = Math.floor(records.length / 2);
  const first = records.slice(0, middle);
  const second = records.slice(middle);
  return {
    outcome: { kind: 'bisected', first, second },
    resolution: { current: undefined, waiting: [...waiting, second, first] },
  };
}

function popNext({ waiting }: Resolution, newRequestId: () => string): Resolution {
  const records = waiting.at(-1);
  if (records === undefined) return { current: undefined, waiting };
  return {
    current: { records, requestId: newRequestId(), attempts: 0, throttles: 0, functionError: undefined, dueAtMs: 0 },
    waiting: waiting.slice(0, -1),
  };
}
