import type { LambdaError } from './environment-protocol.ts';

/** What a handler threw, in the form Lambda answers with. */
export function describeThrown(thrown: unknown): LambdaError {
  if (!(thrown instanceof Error)) {
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  }
  return {
    errorType: thrown.name,
    errorMessage: thrown.message,
    trace: thrown.stack?.split('\n') ?? [],
  };
}

/** The function ran longer than its timeout. */
export function timedOut(requestId: string, timeoutMs: number): LambdaError {
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
  };
}

/** The environment was killed from outside, or for using more memory than it has. */
export function killed(requestId: string): LambdaError {
  return exited(requestId, 'Runtime exited with error: signal: killed');
}

/** The code of the function ended the environment by itself. */
export function exitedByItself(requestId: string, exitCode: number): LambdaError {
  const reason =
    exitCode === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${exitCode}`;
  return exited(requestId, reason);
}

/** The answer is larger than a synchronous invocation may return. */
export function responseTooLarge(): LambdaError {
  return {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
  };
}

function exited(requestId: string, reason: string): LambdaError {
  return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${reason}` };
}
