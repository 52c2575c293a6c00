import { Removal } from './removal.ts';

// In a file of its own: a bundle that does not hold it is one of a function that removes nothing.

/**
 * Deletes a row of a table of `versions`, if the deletion is not older than the row. Older events that come late don't
 * bring it back until the ledger's retention has passed; a newer one may create the row again.
 *
 * @param row values of the key and version columns, and of no others
 */
export function remove<const Row extends object>(row: Row): Removal<Row> {
  return new Removal(row);
}
