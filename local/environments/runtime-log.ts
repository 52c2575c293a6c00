import { format } from 'node:util';

/** What the runtime itself logs. */
export interface RuntimeLog {
  /** Of the invocation under way. */
  requestId: string;
  /**
   * Logs what a handler or a module threw.
   *
   * @throws TypeError for something thrown that has no text, which ends the environment on Lambda too
   */
  readonly error: (thrown: unknown) => void;
}

/** Methods of `console` that Lambda's runtime replaces, and the level that each stands for. */
const LEVELS = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  log: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'FATAL',
} as const;

/**
 * Takes over `console` as Lambda's runtime does with the JSON log format; what is written to `process.stdout` directly
 * stays as it is, which is how Powertools writes. In the plain format nothing is taken over.
 */
export function createRuntimeLog(): RuntimeLog {
  const isJson = process.env['AWS_LAMBDA_LOG_FORMAT'] === 'JSON';
  const log: RuntimeLog = {
    requestId: '-',
    error: (thrown) => {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (isJson) console.error(error);
    },
  };
  if (isJson) {
    for (const [method, level] of Object.entries(LEVELS)) {
      Object.assign(console, {
        [method]: (...args: readonly unknown[]) => {
          process.stdout.write(`${jsonLine({ level, requestId: log.requestId }, args)}\n`);
        },
      });
    }
  }
  return log;
}

/** A single value stays what it is; several become one text, and the first error behind it is told by itself. */
function jsonLine(head: { readonly level: string; readonly requestId: string }, args: readonly unknown[]): string {
  const entry = { timestamp: new Date().toISOString(), ...head };
  if (args.length <= 1) {
    try {
      return JSON.stringify({ ...entry, message: args[0] }, (_, value: unknown) => describeNested(value));
    } catch {
      return JSON.stringify({ ...entry, message: format(args[0]) });
    }
  }
  const error = args.slice(1).find((argument) => argument instanceof Error);
  return JSON.stringify({ ...entry, message: format(...args), ...(error && describeError(error)) });
}

function describeNested(value: unknown): unknown {
  return value instanceof Error ? Object.assign({}, describeError(value), value) : value;
}

/** The class is that of the constructor, which a minified bundle shortens; the name may be another. */
function describeError(error: Error): Readonly<Record<string, unknown>> {
  const { constructor, message, stack } = error as { constructor?: { name?: string } } & Error;
  return {
    errorType: constructor?.name ?? 'UnknownError',
    errorMessage: message,
    stackTrace: stack?.split('\n'),
  };
}
