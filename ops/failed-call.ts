import { DatabaseError } from '../data-api/classify-error.ts';
import { GaveUpWaitingError } from '../data-api/retry-transient.ts';

/**
 * What to tell about an error that a service answered, or that kept it from being reached: missing credentials or
 * permissions, a wrong name, a network that is down. The stack trace of the client would add nothing.
 *
 * @returns one line, or `undefined` for any other error
 */
export function describeFailedCall(error: unknown): string | undefined {
  // What the engine would do about it does not help here, what the service said does.
  if (error instanceof DatabaseError) return describeFailedCall(error.cause) ?? error.message;
  if (error instanceof GaveUpWaitingError) return error.message;
  return error instanceof Error ? describeClientError(error) : undefined;
}

function describeClientError(error: Error): string | undefined {
  const { name, message } = error;
  // The clients have neither a class nor a name for this one.
  if (message === 'Region is missing') return 'the region is missing; pass `--region`, or set AWS_REGION';
  if (name === 'CredentialsProviderError') return `${message}; sign in, or choose a profile with AWS_PROFILE`;
  if (!('$metadata' in error || 'syscall' in error)) return undefined;
  return name === 'Error' ? message : `${name}: ${message}`;
}
