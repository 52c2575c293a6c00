import type { RejectionReason } from './item.ts';
import { errorText } from './item.ts';

/** More than twice what a write can carry: a whole batch of such records still fits an environment's memory. */
const MAX_BYTES = 10 * 1024 * 1024;

/** Second byte of a zlib stream, one for each kind of level. {@link https://www.rfc-editor.org/rfc/rfc1950} */
const ZLIB_LEVELS: readonly number[] = [0x01, 0x5e, 0x9c, 0xda];
/** {@link https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames} */
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Name of the function of `node:zlib` that decompresses each format. */
const FORMATS = { gzip: 'gunzipSync', zlib: 'inflateSync', zstd: 'zstdDecompressSync' } as const;

type Format = keyof typeof FORMATS;

/** Why bytes that begin like a compressed format can't be read. */
export interface DecompressionProblem {
  readonly reason: RejectionReason & `${Format}-${'malformed' | 'too-large'}`;
  readonly detail: string;
}

/**
 * Decompresses gzip, zlib and zstd, known by their magic numbers; other bytes are returned as they are. No JSON begins
 * like any of them.
 *
 * @returns at most 10 MiB, or what is wrong
 */
export function decompress(bytes: Buffer): Buffer | DecompressionProblem {
  const format = formatOf(bytes);
  if (format === undefined) return bytes;
  try {
    // Loaded when the first such record comes, as most streams have none: it takes 2 ms of CPU.
    const zlib = process.getBuiltinModule('node:zlib');
    return zlib[FORMATS[format]](bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    return error instanceof RangeError
      ? { reason: `${format}-too-large`, detail: `inflates to more than ${MAX_BYTES} bytes` }
      : { reason: `${format}-malformed`, detail: errorText(error) };
  }
}

function formatOf(bytes: Buffer): Format | undefined {
  const [first, second = -1] = bytes;
  if (first === 0x1f && second === 0x8b) return 'gzip';
  if (first === 0x78 && ZLIB_LEVELS.includes(second)) return 'zlib';
  return first === ZSTD_MAGIC[0] && bytes.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC) ? 'zstd' : undefined;
}
