import { hash } from 'node:crypto';

/** Hash keys are 128-bit numbers: 0 to 2^128 - 1. */
export const HASH_KEY_COUNT = 2n ** 128n;

/** Keys are remembered up to this many: streams repeat their keys, and hashing is the dearest part of an append. */
const REMEMBERED_KEYS = 50_000;

/**
 * Kinesis' hash of a partition key: its MD5 as a number.
 * {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html}
 *
 * @returns a function that remembers the keys it has seen
 */
export function createHashKey(): (partitionKey: string) => bigint {
  const remembered = new Map<string, bigint>();
  return (partitionKey) => {
    const known = remembered.get(partitionKey);
    if (known !== undefined) return known;
    const hashKey = BigInt(`0x${hash('md5', partitionKey, 'hex')}`);
    if (remembered.size >= REMEMBERED_KEYS) remembered.clear();
    remembered.set(partitionKey, hashKey);
    return hashKey;
  };
}
