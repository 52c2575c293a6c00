import type { IncomingMessage } from 'node:http';
import { DataApiError } from './data-api-error.ts';

/** A request is read to its end before it is refused, up to this many times the limit: a client that is cut off in
 * the middle of sending sees a broken connection instead of the answer. */
const DRAIN_FACTOR = 8;

/**
 * Reads the body of a request as text.
 *
 * @param request - Not read yet.
 * @param maxRequestBytes - Limit of the whole request, header lines included.
 * @throws DataApiError if it is larger.
 */
export async function readBody(request: IncomingMessage, maxRequestBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = headerBytes(request);
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxRequestBytes) chunks.push(chunk);
    if (bytes > maxRequestBytes * DRAIN_FACTOR) break;
  }
  if (bytes > maxRequestBytes) {
    throw new DataApiError('ValidationException', `The request exceeds the size limit of ${maxRequestBytes} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Each header line is its name, `: `, its value and a line break. */
function headerBytes({ rawHeaders }: IncomingMessage): number {
  const text = rawHeaders.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  return text + (rawHeaders.length / 2) * ': \r\n'.length;
}
