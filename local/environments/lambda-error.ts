import type { EndCause, LambdaError, LogFormat } from './environment-protocol.ts';

/** What a handler threw, in the form Lambda answers with. */
export function describeThrown(thrown: unknown): LambdaError {
  try {
    if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
    return {
      errorType: escapeDelete(thrown.name),
      errorMessage: escapeDelete(thrown.message),
      trace: escapeDelete(thrown.stack)?.split('\n') ?? [],
    };
  } catch {
    // A name that is no text, a getter that throws, an object that has no text.
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      trace: [],
    };
  }
}

/** The one control character that Lambda's runtime takes out, since a header cannot carry it; errors can lack any text. */
function escapeDelete<Text extends string | undefined>(text: Text): Text {
  return text?.replaceAll('\x7F', '%7F') as Text;
}

/** What Lambda answers for an invocation whose environment ended. */
export function endedError(requestId: string, cause: EndCause): LambdaError {
  const errorType = cause.kind === 'timeout' ? 'Sandbox.Timedout' : 'Runtime.ExitError';
  return { errorType, errorMessage: `RequestId: ${requestId} Error: ${describeEnd(cause)}` };
}

/**
 * The line that Lambda writes about an end: with JSON logs the report of the invocation, else a line about a timeout only.
 */
export function endLine(logFormat: LogFormat, requestId: string, cause: EndCause): string | undefined {
  const time = new Date().toISOString();
  if (logFormat === 'plain') return cause.kind === 'timeout' ? `${time} ${requestId} ${describeEnd(cause)}` : undefined;
  const status = cause.kind === 'timeout' ? { status: 'timeout' } : { status: 'error', errorType: 'Runtime.ExitError' };
  return JSON.stringify({ time, type: 'platform.report', record: { requestId, ...status } });
}

function describeEnd(cause: EndCause): string {
  switch (cause.kind) {
    case 'timeout':
      return `Task timed out after ${(cause.timeoutMs / 1000).toFixed(2)} seconds`;
    case 'signal':
      return `Runtime exited with error: signal: ${cause.signal}`;
    case 'exit':
      return cause.status === 0
        ? 'Runtime exited without providing a reason'
        : `Runtime exited with error: exit status ${cause.status}`;
  }
}

/** Names that Lambda has for the signals a function can end by; they are those of Go, in which it is written. */
const SIGNAL_TEXTS: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};

/** What Lambda calls a signal. */
export function signalText(signal: NodeJS.Signals): string {
  return SIGNAL_TEXTS[signal] ?? signal;
}

/** The answer is larger than a synchronous invocation may return. */
export function responseTooLarge(): LambdaError {
  return {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
  };
}
