/** Clock and sleep, so that tests need not wait. */
export interface Waiting {
  /** Milliseconds since any fixed moment. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Longest time spent on all attempts together, in milliseconds. */
  readonly maxWaitMs: number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/**
 * Names of errors that go away: the database wakes up from its pause, is failing over, is restarting, or the
 * service has a moment. {@link https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/CommonErrors.html}
 */
const TRANSIENT_NAMES = new Set([
  'DatabaseResumingException',
  'DatabaseUnavailableException',
  'InternalServerErrorException',
  'ServiceUnavailableError',
  'ThrottlingException',
  'TransactionNotFoundException',
  'TimeoutError',
  'AbortError',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
]);

/** SQLSTATEs that go away: connection lost, shutting down, too many connections, lock not had, deadlock. */
const TRANSIENT_SQL_STATE = /^(?:08...|40001|40P01|53...|55P03|57P0.)$/;

/** Thrown by an attempt that found things not ready yet, and is to be made again. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
}

/** Thrown when what was waited for did not come within the time; `cause` is the last error. */
export class GaveUpWaitingError extends Error {
  override readonly name = 'GaveUpWaitingError';
}

/**
 * Repeats `attempt` while it fails with something that goes away by itself, waiting longer each time.
 *
 * @param waiting clock, sleep and the bound
 * @param attempt must be safe to repeat
 * @throws {@link GaveUpWaitingError} when the time is up; any other error at once
 */
export async function retryTransient<T>(waiting: Waiting, attempt: () => Promise<T>): Promise<T> {
  const deadline = waiting.now() + waiting.maxWaitMs;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (waiting.now() + waitMs > deadline) {
        const seconds = Math.round(waiting.maxWaitMs / 1000);
        throw new GaveUpWaitingError(`the database was not ready within ${seconds} s; last: ${describe(error)}`, {
          cause: error,
        });
      }
    }
    await waiting.sleep(waitMs);
  }
}

/** The SQLSTATE at the end of a Data API message, which has it in no field of its own. */
function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error ? /;\s*SQLState:\s*([0-9A-Z]{5})\s*$/.exec(error.message)?.[1] : undefined;
}

/** Whether an error goes away by itself. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof NotReadyError) return true;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    TRANSIENT_NAMES.has(error.name) || TRANSIENT_NAMES.has(code) || TRANSIENT_SQL_STATE.test(sqlStateOf(error) ?? '')
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
