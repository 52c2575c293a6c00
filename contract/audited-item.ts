/**
 * What an audit says of the events of a stream: the code that knows a projection finds it out, the operator commands
 * count and tell it.
 *
 * @module
 */

/** Where an event was found. */
export const FATES = ['in-effect', 'skipped', 'waiting', 'quarantined', 'put-back', 'nowhere'] as const;

/** One of {@link FATES}. */
export type Fate = (typeof FATES)[number];

/** What is wrong with the rows of an event that is in effect. */
export type RowFault = 'row-missing' | 'row-twice' | 'row-older';

/** What is wrong with an event that is in effect. */
export interface AuditFault {
  /** `also-quarantined`: an open entry of the quarantine has the event as well. */
  readonly kind: RowFault | 'also-quarantined';
  /** Of a row. */
  readonly table?: string;
}

/** One event of the stream, or what should have been one, and where it was found. */
export interface AuditedItem {
  /** Index of its record among those that were audited together. */
  readonly recordIndex: number;
  readonly subSequenceNumber: number;
  readonly eventId: string | null;
  readonly fate: Fate;
  /** Why it is skipped or in the quarantine; of one that is nowhere, why this code would not write it. */
  readonly reason: string | null;
  readonly faults: readonly AuditFault[];
}

/** How it is found out whether the rows of an event are in a table. */
export type Comparison =
  /** A row is found by a unique key of the table. */
  | { readonly by: 'key'; readonly columns: readonly string[] }
  /** No key tells rows apart: whole rows are counted. */
  | { readonly by: 'row'; readonly columns: readonly string[] }
  /** The row of the key has the event's version, or a newer one, or was removed since. */
  | { readonly by: 'version' }
  /** The table is the ledger: its row is what says that the event is in effect. */
  | { readonly by: 'ledger' }
  /** Nothing can be said about a single event. */
  | { readonly by: 'nothing'; readonly why: string };

/** A table that the projection writes, and how it is compared. */
export interface AuditedTable {
  readonly table: string;
  readonly comparison: Comparison;
}
