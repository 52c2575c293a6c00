import { expect, it } from 'vitest';
import { SharedTrim } from '../../../../local/run/local-stream.ts';

it('gives up what every consumer has processed, and nothing that one of them still needs', () => {
  const trimmed: string[] = [];
  const trim = new SharedTrim(2, (shardId, sequenceNumber) => trimmed.push(`${shardId} ${sequenceNumber}`));
  trim.checkpoint(0, 'a', '100');
  trim.checkpoint(0, 'b', '7');
  expect(trimmed).toEqual([]);
  // Decimal strings: 99 comes before 100.
  trim.checkpoint(1, 'a', '99');
  trim.checkpoint(0, 'a', '200');
  trim.checkpoint(1, 'a', '150');
  expect(trimmed).toEqual(['a 99', 'a 99', 'a 150']);
});
