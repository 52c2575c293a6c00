/** Stands between the texts of a batch: JSON has no such character, so no record that parses holds one. */
const SEPARATOR = '\0';

/** A byte order mark is text to it: only where a record begins is known which one is to be taken off. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the texts of many payloads at once: one by one, each costs three calls out of JavaScript, which take half as
 * long as parsing its JSON.
 *
 * @param payloads base64 texts, or bytes
 * @returns the text of each; `undefined` when some are not UTF-8, as compressed and aggregated ones never are, or hold
 *   a NUL character: then each has to be looked at by itself
 */
export function readTexts(payloads: readonly (string | Buffer)[]): readonly string[] | undefined {
  const bytes = Buffer.allocUnsafe(roomFor(payloads));
  const texts = decodeText(bytes.subarray(0, writeAll(payloads, bytes)))?.split(SEPARATOR);
  return texts?.length === payloads.length ? texts : undefined;
}

/**
 * Reads bytes as UTF-8.
 *
 * @returns `undefined` for other bytes
 */
export function decodeText(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Four characters of base64 are three bytes at most. */
function roomFor(payloads: readonly (string | Buffer)[]): number {
  let room = 0;
  for (const payload of payloads) {
    room += typeof payload === 'string' ? Math.ceil((3 * payload.length) / 4) : payload.length;
    room += SEPARATOR.length;
  }
  return room;
}

/** Writes the payloads with separators in between; returns where they end. */
function writeAll(payloads: readonly (string | Buffer)[], bytes: Buffer): number {
  let end = 0;
  for (const payload of payloads) {
    end += typeof payload === 'string' ? bytes.write(payload, end, 'base64') : payload.copy(bytes, end);
    bytes[end++] = SEPARATOR.charCodeAt(0);
  }
  return Math.max(0, end - SEPARATOR.length);
}
