import { ownLookupsOf } from '../../processor/lookup/own-rows.ts';
import type { AnyProjection } from '../../processor/projection.ts';
import { parseColumnType } from '../../processor/tables/column-type.ts';
import type { Table } from '../../processor/tables/table-kind.ts';

/** What the engine promises of a projection, beside that redelivery and the cutting of batches change nothing. */
export interface Promises {
  /** In which orders the events may be processed: in any, or in any that keeps those of a partition key in line. */
  readonly order: 'any' | 'per-partition-key';
  /** Whether an event that a producer sends twice has one effect. */
  readonly copies: boolean;
}

/**
 * Reads off a declaration what the engine promises:
 *
 * - An id that the event itself has makes a second copy of it known. One that is made from the record does not.
 * - Rows of `inserts` and `counters` are what they are in any order, and so are `versions` that a place in the stream
 *   tells apart. Of equal versions the later one wins, of rows with one key that are kept the first, and a patch that
 *   comes late is superseded: there the order of the partition key decides, which the event source mapping keeps.
 * - A lookup on a table of the projection sees the earlier events of its partition key.
 */
export function promisesOf({ tables, lookups, eventId }: AnyProjection): Promises {
  const isFree = Object.values(tables).every(isOrderFree) && ownLookupsOf(tables, lookups).length === 0;
  return { order: isFree ? 'any' : 'per-partition-key', copies: eventId.length < 2 };
}

function isOrderFree({ withoutEffect, version, patched, columns }: Table): boolean {
  if (withoutEffect === undefined) return true;
  const neverTie = version.some((column) => parseColumnType(columns[column] ?? '')?.name === 'position');
  return neverTie && patched.length === 0;
}
