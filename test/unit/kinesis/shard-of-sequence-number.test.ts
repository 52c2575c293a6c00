import { expect, it } from 'vitest';
import { shardOfSequenceNumber } from '../../../kinesis/shard-of-sequence-number.ts';

it.each([
  // What the Kinesis Client Library has logged of a stream with some hundred shards.
  ['49588160223248606261076875455806734688981848970781268242', 'shardId-000000000401'],
  ['49588160317469254724868758295577415592252907054528732194', 'shardId-000000000450'],
  ['49588160406181619124623577364989381944926527427488784066', 'shardId-000000000492'],
  // What AWS has refused for being of another stream.
  ['49537979178794861780081237450294896636708704732336619521', 'shardId-000000000000'],
])('a sequence number says which shard it is of: %s', (sequenceNumber, shardId) => {
  expect(shardOfSequenceNumber(sequenceNumber)).toBe(shardId);
});
