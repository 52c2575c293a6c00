import { isUtf8 } from 'node:buffer';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute } from '../../data-api/execute.ts';
import type { RedriveItem } from './redrive-source.ts';

/** Control characters would move the cursor, or worse. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * The beginning of a payload as one line: text as it is, other bytes in hex.
 *
 * @param payload bytes as they were on the stream, or the first of them
 * @param maxBytes most bytes to show
 * @param totalBytes of the whole payload
 */
function previewPayload(payload: Uint8Array, maxBytes: number, totalBytes: number): string {
  const shown = Buffer.from(payload.subarray(0, maxBytes));
  const rest = totalBytes - shown.length;
  const text = readText(shown, rest > 0);
  const preview = text === undefined ? `0x${shown.toString('hex')}` : text.replaceAll(UNPRINTABLE, ' ').trim();
  return rest > 0 ? `${preview}… (${rest.toLocaleString('en-US')} bytes more)` : preview;
}

/** Where bytes were cut, a character may have been cut in its middle. */
function readText(bytes: Buffer, isCut: boolean): string | undefined {
  for (let cut = 0; cut <= (isCut ? Math.min(3, bytes.length - 1) : 0); cut += 1) {
    const whole = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(whole)) return whole.toString('utf8');
  }
  return undefined;
}

/** A result holds 1 MiB, and bytes take more than themselves in it. */
const MAX_RESULT_BYTES = 256 * 1024;

/**
 * Adds the beginning of their payloads to entries of the quarantine.
 *
 * @param maxBytes most bytes of each, from 1
 */
export async function withPreviews(
  execute: Execute,
  items: readonly RedriveItem[],
  maxBytes: number,
): Promise<readonly RedriveItem[]> {
  const previews = new Map<string, string>();
  const perCall = Math.max(1, Math.floor(MAX_RESULT_BYTES / maxBytes));
  for (let from = 0; from < items.length; from += perCall) {
    const ids = items.slice(from, from + perCall).map(({ id }) => id);
    const { rows } = await execute(
      `SELECT id::text, substring(payload FROM 1 FOR ${maxBytes}), octet_length(payload) FROM ${FRAMEWORK_TABLES.quarantine}
       WHERE id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))`,
      { ids: JSON.stringify(ids) },
    );
    for (const [id, payload, bytes] of rows) {
      const preview = previewPayload(payload?.blobValue ?? new Uint8Array(), maxBytes, bytes?.longValue ?? 0);
      previews.set(id?.stringValue ?? '', preview);
    }
  }
  return items.map((item) => ({ ...item, summary: { ...item.summary, payload: previews.get(item.id) ?? null } }));
}
