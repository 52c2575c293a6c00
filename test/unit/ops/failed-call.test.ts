import { describe, expect, it } from 'vitest';
import { DatabaseError, type FailureKind } from '../../../data-api/classify-error.ts';
import { GaveUpWaitingError } from '../../../data-api/retry-transient.ts';
import { describeFailedCall } from '../../../ops/failed-call.ts';
import { noteCalls } from '../../../ops/stack/called-operation.ts';

function databaseError(
  message: string,
  kind: FailureKind,
  more: { cause?: unknown; fix?: string } = {},
): DatabaseError {
  return new DatabaseError(message, { kind, code: 'X', sqlState: undefined, cause: undefined, ...more });
}

const DENIED = Object.assign(new Error('not authorized to perform: kinesis:PutRecords'), {
  name: 'AccessDeniedException',
  $metadata: {},
});
const UNREACHABLE = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { syscall: 'connect' });

describe('a failed call', () => {
  it.each([
    ['what a service answered', DENIED, 'AccessDeniedException: not authorized to perform: kinesis:PutRecords'],
    ['a service that is not there', UNREACHABLE, 'connect ECONNREFUSED 127.0.0.1:1'],
    [
      'the error behind a failed statement',
      databaseError('X: no', 'unknown', { cause: UNREACHABLE }),
      UNREACHABLE.message,
    ],
    ['a statement that failed', databaseError('no such table', 'configuration', { fix: 'deploy' }), 'no such table'],
    ['a wait without an end', new GaveUpWaitingError('not ready within 60 s'), 'not ready within 60 s'],
  ])('is told in one line: %s', (_, error, line) => {
    expect(describeFailedCall(error)).toBe(line);
  });

  it('is nothing else: a bug keeps its stack trace', () => {
    expect(describeFailedCall(new TypeError('x is not a function'))).toBeUndefined();
    expect(describeFailedCall('text')).toBeUndefined();
  });

  it.each([
    [
      'DescribeAlarms',
      'you need cloudwatch:DescribeAlarms; attach the policy in the output OperatorPolicyArn, which grants it',
    ],
    [
      'SetAlarmState',
      'you need cloudwatch:SetAlarmState; the policy in the output OperatorPolicyArn does not grant it, so grant it separately',
    ],
  ])('says which permission is missing, and whether operators have it: %s', async (operation, advice) => {
    const error = await callRefused(operation);
    expect(describeFailedCall(error)).toBe(`CloudWatch ${operation}: AccessDenied: no; ${advice}`);
  });
});

/** What a client that notes its calls throws when a call is refused. */
async function callRefused(operation: string): Promise<unknown> {
  const refusal = Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: {} });
  type Middleware = (next: () => Promise<never>, context: object) => (args: object) => Promise<never>;
  let call: () => Promise<unknown> = () => Promise.resolve();
  const add = (middleware: Middleware): void => {
    const context = { clientName: 'CloudWatchClient', commandName: `${operation}Command` };
    call = () => middleware(() => Promise.reject(refusal), context)({});
  };
  noteCalls({ middlewareStack: { add } });
  return call().catch((error: unknown) => error);
}
