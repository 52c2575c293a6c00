import { DescribeStreamSummaryCommand, RecordDistributionStrategy, type KinesisClient } from '@aws-sdk/client-kinesis';
import { describeFailedCall } from '../failed-call.ts';
import type { StackTemplate } from './compare-templates.ts';

/** Which property of a resource names a stream that is read. */
const READERS: Readonly<Record<string, string>> = {
  'AWS::Lambda::EventSourceMapping': 'EventSourceArn',
  'AWS::Kinesis::StreamConsumer': 'StreamARN',
};

/**
 * Finds the streams that a stack reads and does not have itself: those that its template names by their ARN.
 *
 * @returns ARNs, each once
 */
export function existingStreams({ Resources = {} }: StackTemplate): readonly string[] {
  const named = Object.values(Resources).flatMap(({ Type, Properties = {} }) => {
    const value = Properties[READERS[Type] ?? ''];
    return typeof value === 'string' && /^arn:[a-z-]+:kinesis:.*:stream\/[^/]+$/.test(value) ? [value] : [];
  });
  return [...new Set(named)];
}

/** How a stream is found to spread its records over its shards. */
export interface StreamOrder {
  readonly problem?: string;
  /** Why it could not be looked at. */
  readonly unknown?: string;
}

/**
 * Asks a stream whether records of one partition key stay in order. Only the service knows: CloudFormation has no such
 * property, and it can be switched at any time.
 * {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamRecordDistributionStrategy.html}
 */
export async function readStreamOrder(client: KinesisClient, streamArn: string): Promise<StreamOrder> {
  try {
    const { StreamDescriptionSummary: summary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamARN: streamArn }),
    );
    if (summary?.RecordDistributionStrategy !== RecordDistributionStrategy.AUTO) return {};
  } catch (error) {
    const unknown = describeFailedCall(error);
    if (unknown === undefined) throw error;
    return { unknown };
  }
  return {
    problem:
      `the stream ${streamArn} must distribute records by partition key, got \`RecordDistributionStrategy\` AUTO: ` +
      'records of one key would be in several shards, in no order; set it to USER_PARTITION_KEY with ' +
      '`aws kinesis update-stream-record-distribution-strategy`, or read another stream',
  };
}
