import type { MappingRecord } from './mapping-record.ts';
import type { InvocationResult } from './ports.ts';

/** What the result of an invocation means for its batch. */
export type BatchVerdict =
  | { readonly kind: 'success' }
  /** Everything before `index` is done, it and all after it are not; 0 means that nothing is. */
  | { readonly kind: 'checkpoint'; readonly index: number }
  /** The invocation failed as a whole. */
  | { readonly kind: 'error'; readonly functionError: 'Unhandled' }
  /** The batch can never reach the function. */
  | { readonly kind: 'undeliverable'; readonly reason: string }
  /** The batch did not reach the function this time. */
  | { readonly kind: 'throttled' };

const SUCCESS: BatchVerdict = { kind: 'success' };
const COMPLETE_FAILURE: BatchVerdict = { kind: 'checkpoint', index: 0 };

/**
 * Reads the result of an invocation as Lambda does.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html}
 *
 * @param result what the invoker gave back
 * @param records the batch that was sent, in order
 * @param reportBatchItemFailures whether the answer is looked at; when not, every answer is a success
 */
export function readVerdict(
  result: InvocationResult,
  records: readonly MappingRecord[],
  reportBatchItemFailures: boolean,
): BatchVerdict {
  switch (result.kind) {
    case 'response':
      return reportBatchItemFailures ? readAnswer(result.payload, records) : SUCCESS;
    case 'error':
      return { kind: 'error', functionError: result.functionError };
    case 'throttled':
      return { kind: 'throttled' };
    case 'refused':
      return { kind: 'undeliverable', reason: result.reason };
  }
}

function readAnswer(payload: string, records: readonly MappingRecord[]): BatchVerdict {
  if (payload === '') return SUCCESS;
  const answer = parseJson(payload);
  if (isEmptyAnswer(answer)) return SUCCESS;
  if (typeof answer !== 'object' || Array.isArray(answer)) return COMPLETE_FAILURE;
  const failures = (answer as { readonly batchItemFailures?: unknown }).batchItemFailures;
  if (failures === undefined || failures === null) return SUCCESS;
  if (!Array.isArray(failures)) return COMPLETE_FAILURE;
  return failures.length === 0 ? SUCCESS : lowestFailure(failures, records);
}

/** Like the documented null; an empty list was observed, an empty string is inferred. */
function isEmptyAnswer(answer: unknown): answer is null | '' | readonly never[] {
  return answer === null || answer === '' || (Array.isArray(answer) && answer.length === 0);
}

/** One identifier that is not of this batch spoils the answer: nothing in it can be trusted then. */
function lowestFailure(failures: readonly unknown[], records: readonly MappingRecord[]): BatchVerdict {
  // Positions stand for sequence numbers, because a batch is in their order.
  const indexOf = new Map(records.map(({ sequenceNumber }, index) => [sequenceNumber, index]));
  const indexes = failures.map((failure) => indexOf.get(itemIdentifier(failure)));
  if (indexes.includes(undefined)) return COMPLETE_FAILURE;
  return { kind: 'checkpoint', index: Math.min(...indexes.filter((index) => index !== undefined)) };
}

function itemIdentifier(failure: unknown): string {
  if (typeof failure !== 'object' || failure === null) return '';
  const identifier = (failure as { readonly itemIdentifier?: unknown }).itemIdentifier;
  return typeof identifier === 'string' ? identifier : '';
}

/** `undefined` stands for text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
