import { counters, defineProjection, inserts } from 'kinesis-to-aurora';
import * as z from 'zod';

/** Payments, and what each account has paid. */
export const payments = defineProjection({
  name: 'payments',
  schema: z.object({ id: z.string(), account: z.string(), cents: z.int(), at: z.iso.datetime() }),
  eventId: (payment) => payment.id,
  tables: {
    payments: inserts({ columns: { id: 'text', account: 'text', cents: 'integer', at: 'timestamptz' } }),
    account_totals: counters({ key: { account: 'text' }, counters: { payments: 'bigint', cents: 'bigint' } }),
  },
  project: ({ id, account, cents, at }) => ({
    payments: { id, account, cents, at },
    account_totals: { account, payments: 1, cents },
  }),
});
