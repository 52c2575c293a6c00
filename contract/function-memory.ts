/**
 * What the processor's function has in memory at most. Measured with the official runtime client and the deployed bundle,
 * see docs/tuning.md: the peak of the resident set grows with the bytes of the invocation, whatever the size of its records.
 *
 * @module
 */
import { LAMBDA_MAX_PAYLOAD_BYTES } from './limits.ts';

const MEBIBYTE = 1024 * 1024;

/** Smallest memory of a Lambda function. */
const LAMBDA_MIN_MEMORY_MB = 128;

/** Runtime, bundle and a batch of a few records: 78 to 90 MB were measured, and a tenth has to be left. */
const BASE_MB = 104;

/** For each MiB of the invocation: the event, its records decoded, their rows, and the request. */
const MB_PER_PAYLOAD_MB = 22;

/** What a record of 1 KB is in an invocation: its data as base64, and the envelope. Of larger ones fewer fit into 6 MB. */
const PAYLOAD_BYTES_PER_RECORD = 1_822;

/** What the lookup cache takes for each byte that it counts: 1.1 to 1.5, the more the smaller its rows are. */
const MEMORY_PER_CACHE_BYTE = 1.5;

/** Sizes are told in steps that people choose. */
const STEP_MB = 16;

/**
 * The smallest memory with which full batches of records of up to 1 KB never end the process; from 240 MB on those of any
 * records.
 *
 * @param batchSize records of a batch, from 1
 * @returns MB, a multiple of 16
 */
export function leastMemoryMb(batchSize: number): number {
  const payloadBytes = Math.min(LAMBDA_MAX_PAYLOAD_BYTES, batchSize * PAYLOAD_BYTES_PER_RECORD);
  const needed = BASE_MB + (MB_PER_PAYLOAD_MB * payloadBytes) / MEBIBYTE;
  return Math.max(LAMBDA_MIN_MEMORY_MB, STEP_MB * Math.ceil(needed / STEP_MB));
}

/**
 * The same with a lookup cache that is full.
 *
 * @param cacheMaxBytes bound of the cache
 * @returns MB, a multiple of 16
 */
export function leastMemoryWithCacheMb(batchSize: number, cacheMaxBytes: number): number {
  const cacheMb = (MEMORY_PER_CACHE_BYTE * cacheMaxBytes) / MEBIBYTE;
  return leastMemoryMb(batchSize) + STEP_MB * Math.ceil(cacheMb / STEP_MB);
}
