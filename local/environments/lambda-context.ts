import type { Context } from 'aws-lambda';
import type { FunctionFacts, InvocationMessage } from './environment-protocol.ts';

/** The part of Lambda's context object that handlers for Node.js 24 get. */
export type LambdaContext = Omit<
  Context,
  'callbackWaitsForEmptyEventLoop' | 'done' | 'fail' | 'succeed' | 'identity' | 'clientContext'
>;

/**
 * The context of one invocation.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html}
 *
 * @param facts the function
 * @param logStreamName the log stream of the environment
 * @param invocation its id and deadline, the latter in milliseconds since the epoch
 */
export function createLambdaContext(
  facts: FunctionFacts,
  logStreamName: string,
  invocation: Pick<InvocationMessage, 'requestId' | 'deadlineMs'>,
): LambdaContext {
  return {
    functionName: facts.functionName,
    functionVersion: facts.functionVersion,
    invokedFunctionArn: facts.invokedFunctionArn,
    memoryLimitInMB: String(facts.memoryMb),
    awsRequestId: invocation.requestId,
    logGroupName: logGroupName(facts.functionName),
    logStreamName,
    getRemainingTimeInMillis: () => invocation.deadlineMs - Date.now(),
  };
}

/** Name of the log group of a function. */
export function logGroupName(functionName: string): string {
  return `/aws/lambda/${functionName}`;
}
