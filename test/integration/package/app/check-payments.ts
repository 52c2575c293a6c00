import { DeliveryError, startProjectionDatabase } from 'kinesis-to-aurora/testing';
import { payments } from './functions/payments/projection.ts';

const event = { id: 'p1', account: 'a1', cents: 250, at: '2026-01-01T00:00:00Z' };

try {
  await using database = await startProjectionDatabase({ migrations: 'functions/payments/migrations' });
  const { tables } = await database.checkDeliveries(payments, { events: [event, { ...event, id: 'p2' }], runs: 6 });
  const [total] = tables.account_totals;
  console.log(total?.payments satisfies string | undefined, total?.cents);
  // Two payments that pass for one.
  await database.checkDeliveries(payments, { events: [event, { ...event, account: 'a2' }] });
} catch (error) {
  console.log(error instanceof DeliveryError ? 'found out' : error instanceof Error ? error.message : error);
}
