import type { Origin } from '../decode/item.ts';
import { madePayload } from '../decode/item.ts';
import { PART_PARAMETERS, WRITE_PARAMETERS } from '../write-parameter-names.ts';

/** Characters of base64 that stand for {@link UNIT_BYTES} bytes, and that any text of it can be cut between. */
const UNIT_CHARACTERS = 4;
const UNIT_BYTES = 3;

/**
 * Number of parts, as few as can be, in which a payload travels when each may take so many bytes of a request.
 *
 * @param maxPartBytes of base64, from 4
 */
export function countParts({ payload }: Origin, maxPartBytes: number): number {
  return Math.max(1, Math.ceil(unitsOf(madePayload(payload)) / Math.floor(maxPartBytes / UNIT_CHARACTERS)));
}

function unitsOf(payload: string | Buffer): number {
  return Math.ceil(payload.length / unitLength(payload));
}

function unitLength(payload: string | Buffer): number {
  return typeof payload === 'string' ? UNIT_CHARACTERS : UNIT_BYTES;
}

/** Where a part belongs, and which part of how many it is. */
export interface PartContext {
  readonly functionName: string;
  readonly shardId: string;
  readonly parts: number;
}

/**
 * Cuts a payload in parts, each with the parameters of the statement that stores it. Their number alone says where
 * the cuts are: parts of one payload in one number always fit together, whichever delivery stored them.
 */
export function* payloadParts(
  origin: Origin,
  { functionName, shardId, parts }: PartContext,
): Generator<Record<string, string>> {
  const { sequenceNumber, subSequenceNumber } = origin;
  const payload = madePayload(origin.payload);
  const units = unitsOf(payload);
  for (let part = 0; part < parts; part += 1) {
    const [from, to] = [part, part + 1].map((n) => Math.floor((units * n) / parts) * unitLength(payload));
    yield {
      [WRITE_PARAMETERS.functionName]: functionName,
      [PART_PARAMETERS.part]: JSON.stringify([shardId, sequenceNumber, subSequenceNumber, parts, part]),
      [PART_PARAMETERS.bytes]:
        typeof payload === 'string' ? payload.slice(from, to) : payload.subarray(from, to).toString('base64'),
    };
  }
}
