/**
 * One record of an invocation, as the event source mapping delivers it; only the members that the processor reads.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html}
 */
export interface KinesisRecord {
  /** `<shardId>:<sequenceNumber>`. */
  readonly eventID: string;
  readonly kinesis: {
    /** Decimal digits, 56 and more: an integer beyond every number type but bigint. */
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    /** The record's bytes in base64. */
    readonly data: string;
    /** Seconds since 1970, with milliseconds behind the point. */
    readonly approximateArrivalTimestamp: number;
  };
}
