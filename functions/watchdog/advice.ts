import { DatabaseError } from '../../data-api/classify-error.ts';
import { GaveUpWaitingError } from '../../data-api/retry-transient.ts';

const NEXT_RUN = 'the next run tries again in a minute; if it persists, see watchdog-blind in docs/operations.md';

const DENIED =
  "the watchdog's role may not do this: deploy again; if that does not help, check the policies of the resource and the organization";

/** What a person has to do about an error of a service, by the service's name for it. */
const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied: DENIED,
  AccessDeniedException: DENIED,
  KMSAccessDeniedException:
    "the watchdog's role may not use the key of the stream: set `existingStreamKeyArn`, or allow kms:Decrypt in the key's policy",
  KMSDisabledException: 'the key of the stream is disabled: enable it; the consumer cannot read either',
  KMSInvalidStateException:
    'the key of the stream cannot be used: if its deletion is pending, cancel that; the consumer cannot read either',
  KMSNotFoundException: 'the key of the stream does not exist: what it encrypted can no longer be read',
  NoSuchBucket: 'the on-failure bucket does not exist: deploy again; batches that Lambda gives up until then are lost',
  ResourceNotFoundException: 'it does not exist, so it was deleted or replaced outside the stack: deploy again',
};

/** The same where a shard is meant. */
const SHARD_ADVICE: Readonly<Record<string, string>> = {
  InvalidArgumentException:
    'the shard refuses the committed position and its own oldest record: the stream was probably deleted and created again under the same name: see another-stream in docs/data-and-positions.md',
  LimitExceededException: 'too many calls for one stream: the next run tries again in a minute',
  ProvisionedThroughputExceededException:
    'the shard has too many readers, which share five reads and 2 MB a second: remove one, or use `enhancedFanOut` for the processor',
  ResourceNotFoundException: 'the shard does not exist: if it has expired, the next run no longer lists it',
};

/** What to do about a check that failed, in one sentence. */
export function adviceForCheck(error: unknown): string {
  if (error instanceof GaveUpWaitingError) {
    return 'the database is not ready: check the state and the events of the cluster';
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
