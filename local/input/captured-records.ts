import * as z from 'zod';
import type { InputEvent } from './event-input.ts';

/** Answer of `aws kinesis get-records`. {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html} */
const READ = z.object({ Data: z.base64(), PartitionKey: z.string() });
/** Event of a function that reads a stream. {@link https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html} */
const DELIVERED = z.object({ kinesis: z.object({ data: z.base64(), partitionKey: z.string() }) });

const CAPTURED = z.object({
  Records: z.array(
    z.union([
      READ.transform(({ Data, PartitionKey }) => ({ data: Data, partitionKey: PartitionKey })),
      DELIVERED.transform(({ kinesis }) => kinesis),
    ]),
  ),
});

/**
 * Takes records out of what holds them since they were captured from a stream.
 *
 * @param document a JSON document, parsed
 * @returns undefined when it is no such thing, but an event of its own
 */
export function capturedRecords(document: unknown): readonly InputEvent[] | undefined {
  const { success, data } = CAPTURED.safeParse(document);
  if (!success) return undefined;
  return data.Records.map((record) => ({
    partitionKey: record.partitionKey,
    data: Buffer.from(record.data, 'base64'),
  }));
}
