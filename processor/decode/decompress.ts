import type { RejectionReason } from './item.ts';
import { errorText } from './item.ts';

/** More than twice what a write can carry: a whole batch of such records still fits an environment's memory. */
const MAX_BYTES = 10 * 1024 * 1024;

/** Second byte of a zlib stream, one for each kind of level. {@link https://www.rfc-editor.org/rfc/rfc1950} */
const ZLIB_LEVELS: readonly number[] = [0x01, 0x5e, 0x9c, 0xda];
/** {@link https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames} */
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** Behind a byte from 0x50 to 0x5f: data of the compressing program's own, which decompresses to nothing. */
const ZSTD_SKIPPABLE_MAGIC = Buffer.from([0x2a, 0x4d, 0x18]);

/** Name of the function of `node:zlib` that decompresses each format. */
const FORMATS = { gzip: 'gunzipSync', zlib: 'inflateSync', zstd: 'zstdDecompressSync' } as const;

type Format = keyof typeof FORMATS;

/** Why bytes that look compressed can't be decompressed. */
export interface DecompressionProblem {
  readonly reason: RejectionReason & `${Format}-${'malformed' | 'too-large'}`;
  readonly detail: string;
}

/**
 * Decompresses gzip, zlib and zstd, known by their magic numbers; other bytes are returned as they are. No JSON begins
 * like any of them. Streams that follow each other are one, as their tools have it.
 *
 * @returns at most 10 MiB, or what is wrong
 */
export function decompress(bytes: Buffer): Buffer | DecompressionProblem {
  const format = formatOf(bytes);
  if (format === undefined) return bytes;
  try {
    return decompressAll(bytes, format);
  } catch (error) {
    return error instanceof RangeError
      ? { reason: `${format}-too-large`, detail: `inflates to more than ${MAX_BYTES} bytes` }
      : { reason: `${format}-malformed`, detail: errorText(error) };
  }
}

/** What a stream decompresses to, and how much of the bytes it took: what `info` gives, which the types do not know. */
interface Decompressed {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Node.js stops at the end of the first stream of zlib or zstd, and says nothing of the others. */
function decompressAll(bytes: Buffer, first: Format): Buffer {
  // Loaded when the first such record comes, as most streams have none: it takes 2 ms of CPU.
  const zlib = process.getBuiltinModule('node:zlib');
  const parts: Buffer[] = [];
  let room = MAX_BYTES;
  let format: Format | undefined = first;
  for (let rest = bytes; !isPadding(rest); format = formatOf(rest)) {
    if (format === undefined) throw new Error('something else follows the compressed data');
    const options = { maxOutputLength: room, info: true };
    const { buffer, engine } = zlib[FORMATS[format]](rest, options) as unknown as Decompressed;
    parts.push(buffer);
    room -= buffer.length;
    rest = rest.subarray(engine.bytesWritten);
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

/** Zeros after a stream are padding. */
function isPadding(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

function formatOf(bytes: Buffer): Format | undefined {
  const [first, second = -1] = bytes;
  if (first === 0x1f && second === 0x8b) return 'gzip';
  if (first === 0x78 && ZLIB_LEVELS.includes(second)) return 'zlib';
  return isZstd(bytes) ? 'zstd' : undefined;
}

function isZstd(bytes: Buffer): boolean {
  const [first = 0] = bytes;
  if (first === ZSTD_MAGIC[0]) return bytes.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC);
  return first >> 4 === 5 && bytes.subarray(1, 4).equals(ZSTD_SKIPPABLE_MAGIC);
}
