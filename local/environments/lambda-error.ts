import type { CrashCause, LambdaError } from './environment-protocol.ts';

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

/** What Lambda answers for an invocation whose environment ended. */
export function endedError(requestId: string, cause: CrashCause): LambdaError {
  const errorType = cause.kind === 'timeout' ? 'Sandbox.Timedout' : 'Runtime.ExitError';
  return { errorType, errorMessage: `RequestId: ${requestId} Error: ${describeEnd(cause)}` };
}

function describeEnd(cause: CrashCause): string {
  switch (cause.kind) {
    case 'timeout':
      return `Task timed out after ${(cause.timeoutMs / 1000).toFixed(2)} seconds`;
    case 'signal':
      return `Runtime exited with error: signal: ${cause.signal}`;
    case 'load-error':
      return 'Runtime exited without providing a reason';
    case 'exit':
      return cause.status === 0
        ? 'Runtime exited without providing a reason'
        : `Runtime exited with error: exit status ${cause.status}`;
  }
}

/** The answer is larger than a synchronous invocation may return. */
export function responseTooLarge(): LambdaError {
  return {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
  };
}
