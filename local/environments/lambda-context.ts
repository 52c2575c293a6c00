import type { Context } from 'aws-lambda';
import type { InvocationHead } from './environment-protocol.ts';

/** Lambda's context object for Node.js 24: without what belonged to callbacks, with two members that the types lack. */
export type LambdaContext = Omit<Context, 'callbackWaitsForEmptyEventLoop' | 'done' | 'fail' | 'succeed'> & {
  readonly tenantId: string | undefined;
  readonly xRayTraceId: string | undefined;
};

/**
 * The context of one invocation; names come from the environment variables that Lambda reserves.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html}
 */
export function createLambdaContext({ requestId, invokedFunctionArn, deadlineMs }: InvocationHead): LambdaContext {
  const { env } = process;
  return {
    // Of mobile clients, Cognito, multi-tenant functions and X-Ray: an event source mapping has none of them.
    clientContext: undefined,
    identity: undefined,
    tenantId: undefined,
    xRayTraceId: undefined,
    invokedFunctionArn,
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
    functionName: String(env['AWS_LAMBDA_FUNCTION_NAME']),
    functionVersion: String(env['AWS_LAMBDA_FUNCTION_VERSION']),
    memoryLimitInMB: String(env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']),
    logGroupName: String(env['AWS_LAMBDA_LOG_GROUP_NAME']),
    logStreamName: String(env['AWS_LAMBDA_LOG_STREAM_NAME']),
  };
}
