import { DatabaseError } from '../data-api/classify-error.ts';
import { GaveUpWaitingError } from '../data-api/retry-transient.ts';
import { calledOperation, permissionFor, type CalledOperation } from './stack/called-operation.ts';

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
  const called = calledOperation(error);
  const told = name === 'Error' ? message : `${name}: ${message}`;
  const where = called === undefined ? '' : `${called.service} ${called.operation}: `;
  const todo = adviceFor(error, called);
  return `${where}${told}${todo === undefined ? '' : `; ${todo}`}`;
}

/** Parts of the names under which services refuse a call, and what to do: each service has its own way to write them. */
const ADVICE: readonly (readonly [RegExp, (called: CalledOperation | undefined) => string | undefined])[] = [
  [/ExpiredToken|RequestExpired|InvalidClientTokenId|UnrecognizedClient/, () => 'sign in again, or check AWS_PROFILE'],
  [
    /AccessDenied|AuthorizationError|NotAuthorized|UnauthorizedOperation|^Forbidden/,
    // Who deploys is somebody else, and has other permissions.
    (called) => called && adviseOnPermission(permissionFor(called)),
  ],
  [
    /Throttl|TooManyRequests|LimitExceeded|ThroughputExceeded|SlowDown/,
    () => 'too many calls right now; try again in a minute',
  ],
];

/** Raising an alarm by hand is for the first deployment, so that whoever is paged later need not be able to. */
const BESIDE_THE_POLICY: readonly string[] = ['cloudwatch:SetAlarmState'];

function adviseOnPermission(permission: string): string {
  const source = BESIDE_THE_POLICY.includes(permission)
    ? 'the policy in the output OperatorPolicyArn does not grant it, so grant it separately'
    : 'attach the policy in the output OperatorPolicyArn, which grants it';
  return `you need ${permission}; ${source}`;
}

function adviceFor({ name }: Error, called: CalledOperation | undefined): string | undefined {
  return ADVICE.find(([pattern]) => pattern.test(name))?.[1](called);
}
