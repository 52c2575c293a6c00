import { isUtf8 } from 'node:buffer';

/** Control characters would move the cursor, or worse. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * The beginning of a payload as one line: text as it is, other bytes in hex.
 *
 * @param payload bytes as they were on the stream, or the first of them
 * @param maxBytes most bytes to show
 * @param totalBytes of the whole payload
 */
export function previewPayload(payload: Uint8Array, maxBytes: number, totalBytes: number): string {
  const shown = Buffer.from(payload.subarray(0, maxBytes));
  const text = wholeCharacters(shown);
  const preview = text === undefined ? `0x${shown.toString('hex')}` : text.replaceAll(UNPRINTABLE, ' ').trim();
  const rest = totalBytes - shown.length;
  return rest > 0 ? `${preview}… (${rest.toLocaleString('en-US')} bytes more)` : preview;
}

/** A character may be cut in its middle. */
function wholeCharacters(bytes: Buffer): string | undefined {
  for (let cut = 0; cut < 4 && cut <= bytes.length; cut += 1) {
    const whole = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(whole)) return whole.toString('utf8');
  }
  return undefined;
}
