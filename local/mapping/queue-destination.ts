import type { FailureDestination } from './ports.ts';

/**
 * An SQS or SNS on-failure destination: each discarded batch becomes one message, which tells where the records are
 * but does not hold them.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html}
 *
 * @param send takes the body of the SQS message, which is also the message of the SNS notification
 */
export function createQueueDestination(send: (body: string) => Promise<void>): FailureDestination {
  return {
    deliver: ({ document }) => send(JSON.stringify(document)),
  };
}
