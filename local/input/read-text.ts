import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Duplex, Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import zlib from 'node:zlib';

/** A file that holds something else than text. */
export class NoTextError extends Error {
  /**
   * Says what the file is.
   *
   * @param what ends the sentence "the file is …", with a way out
   */
  constructor(what: string) {
    super(what);
    this.name = 'NoTextError';
  }
}

/** How a file begins, in bytes, and what it is then. */
const SIGNATURES: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive or a spreadsheet; unpack it, or save it as JSON'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file; convert it to one JSON object per line'],
  [[0x4f, 0x62, 0x6a, 0x01], 'an Avro file; convert it to one JSON object per line'],
  [[0x42, 0x5a, 0x68], 'compressed with bzip2; unpack it with `bunzip2`'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'compressed with xz; unpack it with `unxz`'],
];

const HEAD_BYTES = 16;

/**
 * Reads a file as text, piece by piece: gzip, zlib and zstd are unpacked, whatever the file is called, and a byte order
 * mark is taken away. Without one the text is UTF-8; Windows writes UTF-16 with one.
 *
 * @param path of the file
 * @throws {@link NoTextError} saying what the file is instead; the system's own error when it can't be read
 */
export async function* readText(path: string): AsyncGenerator<string> {
  const head = await readHead(path);
  const found = SIGNATURES.find(([bytes]) => bytes.every((byte, index) => head[index] === byte));
  if (found !== undefined) throw new NoTextError(found[1]);
  const unpack = unpackerOf(head);
  const file = createReadStream(path);
  // A pipe does not pass errors on.
  const bytes: Readable = unpack === undefined ? file : file.on('error', (error) => unpack.destroy(error)).pipe(unpack);
  yield* decode(bytes);
}

async function readHead(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

/** Second byte of a zlib stream, one for each kind of level. {@link https://www.rfc-editor.org/rfc/rfc1950} */
const ZLIB_LEVELS: readonly number[] = [0x01, 0x5e, 0x9c, 0xda];

function unpackerOf([first, second, third, fourth]: Buffer): Duplex | undefined {
  if (first === 0x1f && second === 0x8b) return zlib.createGunzip();
  if (first === 0x78 && second !== undefined && ZLIB_LEVELS.includes(second)) return zlib.createInflate();
  if (first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd) return zstdUnpacker();
  return undefined;
}

/** Node.js has it since 22.15: a package user may have an older one. */
function zstdUnpacker(): Duplex {
  const { createZstdDecompress } = zlib as Partial<typeof zlib>;
  if (createZstdDecompress === undefined) throw new NoTextError('compressed with zstd; unpack it with `unzstd`');
  return createZstdDecompress();
}

async function* decode(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  for await (const chunk of bytes) {
    decoder ??= new TextDecoder(encodingOf(chunk), { fatal: true });
    const text = decodeWith(decoder, chunk);
    if (text.includes('\0')) throw notText();
    yield text;
  }
  if (decoder !== undefined) yield decodeWith(decoder);
}

function decodeWith(decoder: TextDecoder, chunk?: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw notText();
  }
}

function encodingOf(chunk: Buffer): string {
  if (chunk[0] === 0xff && chunk[1] === 0xfe) return 'utf-16le';
  if (chunk[0] === 0xfe && chunk[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

function notText(): NoTextError {
  return new NoTextError('not text in UTF-8 or UTF-16; save it as JSON, one object per line');
}
