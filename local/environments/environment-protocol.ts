import type { MessagePort } from 'node:worker_threads';

/** What an execution environment is told once, when it starts. */
export interface EnvironmentSetup {
  /** File URL of the bundle. */
  readonly bundleUrl: string;
  /** Name of the exported handler. */
  readonly handlerName: string;
  readonly function: FunctionFacts;
  readonly logStreamName: string;
  /** Invocations come and answers go through this port. */
  readonly port: MessagePort;
  /** Counts the invocations sent; an environment that waits for the next one sleeps on it. */
  readonly sent: SharedArrayBuffer;
}

/** Facts about the function that its code can ask for. */
export interface FunctionFacts {
  readonly functionName: string;
  readonly functionVersion: string;
  /** Alias-qualified, as the mapping invokes it. */
  readonly invokedFunctionArn: string;
  readonly memoryMb: number;
}

/** One invocation on its way to the environment. */
export interface InvocationMessage {
  /** The event as JSON in UTF-8, parsed inside as on Lambda. Bytes can be handed over; a text would be copied. */
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly requestId: string;
  /** When the function is killed, milliseconds since the epoch. */
  readonly deadlineMs: number;
}

/** What Lambda answers for a failed invocation. */
export interface LambdaError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** What ended an environment. */
export type CrashCause =
  /** The code could not be loaded: it threw, does not parse, or has no handler. */
  | { readonly kind: 'load-error' }
  /** The process exited: status 1 after an exception or a rejection that nobody caught, else what the code asked for. */
  | { readonly kind: 'exit'; readonly status: number }
  /** The process was ended by a signal: `aborted` when its heap is full, `killed` from outside. */
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'timeout'; readonly timeoutMs: number };

/** An environment that ended without being asked to. */
export interface EnvironmentCrash {
  readonly environmentId: string;
  /** `init` until the handler is there, `invoke` afterwards. */
  readonly phase: 'init' | 'invoke';
  readonly cause: CrashCause;
  /** What the invocation under way was answered; after a `load-error` what was thrown, with its stack trace. */
  readonly error: LambdaError;
  /** What was thrown or rejected and caught by nobody, if that ended the environment. */
  readonly uncaught?: LambdaError;
  /** Id of the invocation that failed with it; absent when none was under way. */
  readonly requestId?: string;
}

/** What the environment has to say. */
export type EnvironmentMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'response'; readonly payload: string }
  | { readonly kind: 'error'; readonly error: LambdaError }
  /** The code cannot be loaded; the environment ends after this. */
  | { readonly kind: 'load-error'; readonly error: LambdaError }
  /** Nobody caught this; the environment ends after it unless the code of the function sees to that. */
  | { readonly kind: 'uncaught'; readonly error: LambdaError };
