import { DatabaseError } from '../../data-api/classify-error.ts';
import { GaveUpWaitingError } from '../../data-api/retry-transient.ts';

const NEXT_RUN =
  'the next run tries again in a minute; if it goes on, look the error up under watchdog-blind in docs/operations.md';

const DENIED =
  "the watchdog's role may not do this: deploy again, and look for policies of the resource or the organization that deny it";

/** What a person has to do about an error of a service, by the service's name for it. */
const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied: DENIED,
  AccessDeniedException: DENIED,
  KMSAccessDeniedException:
    "the watchdog's role may not use the key of the stream: set `existingStreamKeyArn`, or allow kms:Decrypt in the key's policy",
  KMSDisabledException: 'the key of the stream is disabled: enable it, the consumer cannot read either',
  KMSInvalidStateException: 'the key of the stream cannot be used: look at its state, the consumer cannot read either',
  KMSNotFoundException: 'the key of the stream is gone: restore it if its deletion is pending',
  NoSuchBucket: 'the on-failure bucket is gone: deploy again; what Lambda gives up meanwhile is lost',
  ResourceNotFoundException: 'it is gone: was it deleted or replaced outside of the stack? deploy again',
};

/** The same where a shard is meant. */
const SHARD_ADVICE: Readonly<Record<string, string>> = {
  InvalidArgumentException:
    'the shard refuses the committed position and its own oldest record: was the stream deleted and made anew under the same name?',
  LimitExceededException: 'too many calls for one stream: the next run tries again in a minute',
  ProvisionedThroughputExceededException:
    'the shard has too many readers, five reads a second and 2 MB/s for all: take one away, or use `enhancedFanOut` for the processor',
  ResourceNotFoundException:
    'the shard is gone, which ends by itself when it expired: then the next run does not list it',
};

/** What to do about a check that failed, in one sentence. */
export function adviceForCheck(error: unknown): string {
  if (error instanceof GaveUpWaitingError) {
    return 'the database is not ready: look at its state and its events, and at everything that holds its position';
  }
  if (error instanceof DatabaseError) return error.fix ?? NEXT_RUN;
  return lookUp(ADVICE, error) ?? NEXT_RUN;
}

/** What to do about a shard that could not be read, in one sentence. */
export function adviceForShard(error: unknown): string {
  return lookUp(SHARD_ADVICE, error) ?? lookUp(ADVICE, error) ?? NEXT_RUN;
}

function lookUp(advice: Readonly<Record<string, string>>, error: unknown): string | undefined {
  return error instanceof Error && Object.hasOwn(advice, error.name) ? advice[error.name] : undefined;
}
