import { FunctionError } from '../../build/prepare-function.ts';
import type { EnvironmentCrash, LambdaError } from '../environments/environment-protocol.ts';
import type { MappingRecord } from '../mapping/mapping-record.ts';
import type { Finished } from '../mapping/mapping-event.ts';
import type { FunctionInvoker } from '../mapping/ports.ts';

/** Environments that fail to start one after the other, until there is no hope that the next one does. */
const MAX_FAILED_STARTS = 3;

/** Crashes for the same reason that get a line each; further ones are counted. */
const MAX_LINES = 3;

/** Reasons that are told apart; a text that differs each time must not flood the screen. */
const MAX_REASONS = 20;

/** Longest reason in a line, in characters. */
const MAX_REASON_CHARACTERS = 1_000;

/** Follows why invocations fail, so that each crash of an environment is one line with its reason. */
export class InvocationFailures {
  readonly #functionName: string;
  readonly #errors = new Map<string, LambdaError>();
  readonly #crashes = new Map<string, EnvironmentCrash>();
  readonly #counts = new Map<string, number>();
  #lines: string[] = [];
  /** Reasons of the starts that failed since the last one that did not. */
  #failedStarts: string[] = [];

  constructor(functionName: string) {
    this.#functionName = functionName;
  }

  /** Hears of an environment that ended by itself, before its invocation is answered. */
  readonly addCrash = (crash: EnvironmentCrash): void => {
    if (crash.phase === 'init') this.#failedStarts.push(reasonOf(crash));
    if (crash.requestId === undefined) this.#add(`CRASH ${reasonOf(crash)}`, []);
    else this.#crashes.set(crash.requestId, crash);
  };

  /** The same invoker, with its errors heard of. */
  watch(invoker: FunctionInvoker): FunctionInvoker {
    return {
      invoke: async (payload, context) => {
        const result = await invoker.invoke(payload, context);
        if (result.kind === 'error') this.#errors.set(context.requestId, JSON.parse(result.payload) as LambdaError);
        return result;
      },
    };
  }

  /** Hears of each attempt to deliver a batch, once it has ended. */
  addFinished({ requestId, verdict, shardId, records }: Finished): void {
    const crash = this.#crashes.get(requestId);
    const error = this.#errors.get(requestId);
    this.#crashes.delete(requestId);
    this.#errors.delete(requestId);
    if (crash?.phase !== 'init' && verdict.kind !== 'throttled') this.#failedStarts = [];
    const inFlight = [describeRecords(shardId, records)];
    if (crash !== undefined) this.#add(`CRASH ${reasonOf(crash)}`, inFlight);
    else if (error !== undefined) this.#add(`ERROR the handler failed: ${describeError(error)}`, inFlight);
  }

  /** Hands over the lines since the last call. */
  takeLines(): readonly string[] {
    return this.#lines.splice(0);
  }

  /** How often each reason came that was not told each time. */
  totals(): readonly string[] {
    return [...this.#counts].flatMap(([reason, count]) =>
      count > MAX_LINES ? [`${shorten(reason)}: ${count.toLocaleString('en-US')} times in all`] : [],
    );
  }

  /** What keeps environments from starting, once that is certain. */
  startFailure(): FunctionError | undefined {
    if (this.#failedStarts.length < MAX_FAILED_STARTS) return undefined;
    const starts = `${MAX_FAILED_STARTS} environments in a row failed to start`;
    return new FunctionError(
      this.#functionName,
      [...new Set(this.#failedStarts)].map((reason) => `${starts} ${reason}`),
    );
  }

  #add(reason: string, details: readonly string[]): void {
    const key = this.#counts.has(reason) || this.#counts.size < MAX_REASONS ? reason : 'CRASH for other reasons';
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count <= MAX_LINES) this.#lines.push([shorten(reason), ...details].join('; '));
    else if (Number.isInteger(Math.log10(count)))
      this.#lines.push([`${shorten(key)}: ${count} times so far`, ...details].join('; '));
  }
}

/** Why an environment ended, in a line. */
function reasonOf({ phase, cause, error, uncaught }: EnvironmentCrash): string {
  const when = phase === 'init' ? 'while loading' : 'while handling a batch';
  switch (cause.kind) {
    case 'load-error':
      return `${when}: ${describeError(error)}`;
    case 'exit':
      return uncaught === undefined
        ? `${when}: exit with status ${cause.status}`
        : `${when}: ${describeError(uncaught)}, uncaught`;
    case 'signal':
      return `${when}: signal ${cause.signal}${cause.signal === 'aborted' ? ', as when the heap is full' : ''}`;
    case 'timeout':
      return `${when}: timed out after ${cause.timeoutMs / 1000} s`;
  }
}

function describeError({ errorType, errorMessage }: LambdaError): string {
  return `${errorType}: ${errorMessage}`.replaceAll(/\s*\n\s*/g, ' ');
}

function describeRecords(shardId: string, records: readonly MappingRecord[]): string {
  const [first] = records;
  const last = records.at(-1);
  const range = first === last ? '' : ` to ${last?.sequenceNumber ?? ''}`;
  const count = `${records.length.toLocaleString('en-US')} ${records.length === 1 ? 'record' : 'records'}`;
  return `in flight: ${count} of ${shardId}, ${first?.sequenceNumber ?? ''}${range}`;
}

function shorten(text: string): string {
  return text.length <= MAX_REASON_CHARACTERS ? text : `${text.slice(0, MAX_REASON_CHARACTERS)}…`;
}
