/** A sequence number ends with the shard's number in eight hex digits, and one more digit. */
const LAST_DIGIT_BITS = 4n;
const SHARD_BITS = 32;

/**
 * The shard that a record is of, by its sequence number. The API documents no parts of the number, but says which shard it
 * encodes where it is used for another one.
 * {@link https://github.com/awslabs/amazon-kinesis-client/issues/391}
 *
 * @param sequenceNumber its digits
 * @returns such as `shardId-000000000003`
 */
export function shardOfSequenceNumber(sequenceNumber: string): string {
  const index = BigInt.asUintN(SHARD_BITS, BigInt(sequenceNumber) >> LAST_DIGIT_BITS);
  return `shardId-${String(index).padStart(12, '0')}`;
}
