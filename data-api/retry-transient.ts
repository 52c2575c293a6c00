import { setTimeout as sleepFor } from 'node:timers/promises';
import { DatabaseError } from './classify-error.ts';
import { createExecuteStatement, type DataApiConnection, type Execute } from './execute.ts';

/** How long to wait for a database that is not ready. */
export interface Patience {
  /** Time after which no further attempt begins, in milliseconds. */
  readonly maxWaitMs: number;
  /** Whether waiting helps. @defaultValue {@link goesAway} */
  readonly isPassing?: (error: DatabaseError) => boolean;
  /** Milliseconds since any moment. @defaultValue the clock of this machine */
  readonly now?: () => number;
  /** Waits. @defaultValue the clock of this machine */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** A database takes 10 to 30 s to resume. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/** Thrown when what was waited for did not come within the time; `cause` is the last error. */
export class GaveUpWaitingError extends Error {
  override readonly name = 'GaveUpWaitingError';
}

/**
 * Repeats `attempt` while it fails with something that goes away by itself, waiting longer each time. For work without
 * the deadline of an invocation; the processor has a policy of its own.
 *
 * @param attempt must be safe to repeat, also when its outcome is not known
 * @throws {@link GaveUpWaitingError} when the time is up; any other error at once
 */
export async function retryTransient<T>(
  { maxWaitMs, isPassing = goesAway, now = () => performance.now(), sleep = sleepFor }: Patience,
  attempt: () => Promise<T>,
): Promise<T> {
  const deadline = now() + maxWaitMs;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof DatabaseError) || !isPassing(error)) throw error;
      if (now() + waitMs > deadline) throw gaveUp(maxWaitMs, error);
    }
    await sleep(waitMs);
  }
}

function gaveUp(maxWaitMs: number, error: DatabaseError): GaveUpWaitingError {
  const fix = error.fix === undefined ? '' : `; ${error.fix}`;
  const seconds = Math.round(maxWaitMs / 1000);
  return new GaveUpWaitingError(`the database was not ready within ${seconds} s; last: ${error.message}${fix}`, {
    cause: error,
  });
}

/** Whether waiting helps: the database wakes up, fails over or is busy, or nobody knows what became of the call. */
export function goesAway({ kind, cause, isInternal }: DatabaseError): boolean {
  return kind === 'transient' || isInternal || (kind === 'unknown' && wasTried(cause));
}

/** What the client refuses before it sends anything, such as a call without credentials, has no trace of an attempt. */
function wasTried(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  return '$metadata' in cause || 'code' in cause || cause.name === 'AbortError' || cause.name === 'TimeoutError';
}

/**
 * Binds a connection to a database for statements that are safe to repeat: reads, and writes that change nothing the
 * second time.
 *
 * @param options `timeoutMs` bounds one attempt
 * @returns a function that throws `DatabaseError` or {@link GaveUpWaitingError}
 */
export function createPatientExecute(
  connection: DataApiConnection,
  { timeoutMs, ...patience }: Patience & { readonly timeoutMs: number },
): Execute {
  const execute = createExecuteStatement(connection.client, connection);
  return (sql, parameters = {}) => retryTransient(patience, () => execute(sql, parameters, { timeoutMs }));
}
