import * as z from 'zod';
import { custom, defineProjection, remove, skip, versions } from '../../processor/projection.ts';

const row = z.object({ id: z.int(), status: z.string() });

export const orders = defineProjection({
  name: 'orders',
  // With or without its schema; a tombstone, which follows a delete, is an empty record or null.
  decode: custom((bytes) => {
    const message = JSON.parse(bytes.toString().trim() || 'null') as { readonly payload?: unknown } | null;
    return message?.payload ?? message;
  }),
  schema: z.union([
    z.null(),
    z.object({
      op: z.enum(['c', 'u', 'r', 'd']),
      before: row.partial({ status: true }).nullable(),
      after: row.nullable(),
      source: z.object({ table: z.string(), lsn: z.union([z.int(), z.bigint()]) }),
    }),
    z.object({ op: z.literal(['t', 'm']) }),
    z.strictObject({ ts_ms: z.int() }),
  ]),
  eventId: 'position',
  tables: {
    orders: versions({
      key: { id: 'integer' },
      version: { lsn: 'bigint', seq: 'position' },
      columns: { status: 'text' },
    }),
  },
  project: (change, _lookups, { record: { position: seq } }) => {
    if (change === null) return skip('tombstone');
    if (!('source' in change)) return skip('op' in change ? `op ${change.op}` : 'heartbeat');
    const { before, after, source } = change;
    if (source.table !== 'orders') return skip(source.table);
    if (after !== null) return { orders: { ...after, lsn: source.lsn } };
    return before === null ? skip('no row') : { orders: remove({ id: before.id, lsn: source.lsn, seq }) };
  },
});
