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

/** What the environment has to say. */
export type EnvironmentMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'response'; readonly payload: string }
  | { readonly kind: 'error'; readonly error: LambdaError }
  /** The environment cannot go on; it ends after this. */
  | { readonly kind: 'crash'; readonly error: LambdaError };
