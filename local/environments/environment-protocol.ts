import { readSync } from 'node:fs';

/** File descriptor of the environment's process through which invocations come and answers go. */
export const CHANNEL_FD = 3;

/**
 * `JSON`: each call of `console` is one JSON object, and so is each error that the runtime meets. `plain`: lines come as
 * the function writes them, without what Lambda's text format puts in front.
 */
export type LogFormat = 'plain' | 'JSON';

/** What comes with an event on its way to the environment, as the headers of Lambda's runtime API. */
export interface InvocationHead {
  readonly requestId: string;
  /** Alias-qualified, as the mapping invokes it. */
  readonly invokedFunctionArn: string;
  /** When the function is killed, milliseconds since the epoch. */
  readonly deadlineMs: number;
}

/** What Lambda answers for a failed invocation. */
export interface LambdaError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** How a process ended that nobody ended, or was ended because it ran too long. */
export type EndCause =
  /** It exited: status 1 after an exception or a rejection that nobody caught, else what the code asked for. */
  | { readonly kind: 'exit'; readonly status: number }
  /** A signal ended it: `aborted` when its heap is full, `killed` from outside. */
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'timeout'; readonly timeoutMs: number };

/** What ended an environment; a load error is code that throws while it is loaded, does not parse, or has no handler. */
export type CrashCause = EndCause | { readonly kind: 'load-error' };

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

/** What the environment has to say: one JSON text a line. */
export type EnvironmentMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'response'; readonly payload: string }
  | { readonly kind: 'error'; readonly error: LambdaError }
  /** The code cannot be loaded; the environment ends after this. */
  | { readonly kind: 'load-error'; readonly error: LambdaError }
  /** Nobody caught this; the environment ends after it unless the code of the function sees to that. */
  | { readonly kind: 'uncaught'; readonly error: LambdaError };

/** Two lengths in bytes, of the head and of the event. */
const PREFIX_BYTES = 8;

/** What is sent to an environment: the head as JSON, and the event, which stays the text it is. */
export function encodeInvocation(head: InvocationHead, event: string): readonly Buffer[] {
  const headBytes = Buffer.from(JSON.stringify(head));
  const eventBytes = Buffer.from(event);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(headBytes.length, 0);
  prefix.writeUInt32LE(eventBytes.length, PREFIX_BYTES / 2);
  return [prefix, headBytes, eventBytes];
}

/**
 * Waits for the next invocation, and with it the whole process: an environment stands still meanwhile.
 *
 * @returns head and event, the latter as JSON text; `undefined` when the other side is gone
 */
export function readInvocation(): { readonly head: InvocationHead; readonly event: string } | undefined {
  const prefix = readBytes(PREFIX_BYTES);
  if (prefix === undefined) return undefined;
  const head = readBytes(prefix.readUInt32LE(0));
  const event = readBytes(prefix.readUInt32LE(PREFIX_BYTES / 2));
  if (head === undefined || event === undefined) return undefined;
  return { head: JSON.parse(takeText(head)) as InvocationHead, event: takeText(event) };
}

function readBytes(length: number): Buffer<ArrayBuffer> | undefined {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let filled = 0; filled < length;) {
    const read = readSync(CHANNEL_FD, bytes, filled, length - filled, null);
    if (read === 0) return undefined;
    filled += read;
  }
  return bytes;
}

/** The bytes are freed at once, so that the collector need not count them. */
function takeText(bytes: Buffer<ArrayBuffer>): string {
  const text = bytes.toString('utf8');
  bytes.buffer.transfer(0);
  return text;
}
