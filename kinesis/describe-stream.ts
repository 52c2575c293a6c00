import { DescribeStreamSummaryCommand, type KinesisClient } from '@aws-sdk/client-kinesis';

/**
 * Asks a stream how long it keeps records now: retention is what people raise during an incident.
 *
 * @param streamArn ARN of the stream
 * @returns hours
 * @throws Error when the description has no retention, and whatever the call throws
 */
export async function readRetentionHours(client: KinesisClient, streamArn: string): Promise<number> {
  const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamARN: streamArn }));
  const hours = StreamDescriptionSummary?.RetentionPeriodHours;
  if (hours === undefined) throw new Error('the stream has no retention in its description');
  return hours;
}
