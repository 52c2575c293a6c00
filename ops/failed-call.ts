/**
 * What to tell about an error that a service answered, or that kept it from being reached: missing credentials or
 * permissions, a wrong name, a network that is down. The stack trace of the client would add nothing.
 *
 * @returns one line, or `undefined` for any other error
 */
export function describeFailedCall(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message } = error;
  // The clients have neither a class nor a name for this one.
  if (message === 'Region is missing') return 'the region is missing; pass `--region`, or set AWS_REGION';
  if (name === 'CredentialsProviderError') return `${message}; sign in, or choose a profile with AWS_PROFILE`;
  if (!('$metadata' in error || 'syscall' in error)) return undefined;
  return name === 'Error' ? message : `${name}: ${message}`;
}
