import { expect, test } from 'vitest';
import { orders } from '../../../../functions/orders/projection.ts';
import { runProjection } from '../../../../processor/testing.ts';

test('the events of orders become patches, removals, totals and skips', async () => {
  const events = [
    { type: 'order.placed', order: 'o1', shop: 'oslo', customer: 'c1', cents: 1200, tags: ['gift'] },
    { type: 'order.placed', order: 'o2', shop: 'nowhere', customer: 'c1', cents: 1, tags: [] },
    { type: 'order.changed', order: 'o1', state: 'paid' },
    { type: 'order.changed', order: 'o1', state: 'lost' },
    { type: 'customer.changed', customer: 'c1', country: 'NO' },
    { type: 'customer.deleted', customer: 'c1' },
    { type: 'heartbeat' },
  ];
  const lookups = { shops: [['oslo', { currency: 'NOK' }]] as const };
  const placed = {
    id: 'o1',
    shop: 'oslo',
    customer: 'c1',
    cents: 1200,
    currency: 'NOK',
    tags: ['gift'],
    state: 'placed',
  };
  expect(await runProjection(orders, { lookups, events })).toMatchObject([
    { rows: { orders: [placed], shop_totals: [{ shop: 'oslo', orders: 1, cents: 1200 }] }, removals: {} },
    { kind: 'rejected', reason: 'lookup-absent' },
    { rows: { orders: [{ id: 'o1', state: 'paid' }] } },
    { kind: 'rejected', reason: 'schema' },
    { rows: { customers: [{ id: 'c1', country: 'NO' }] } },
    { rows: {}, removals: { customers: [{ id: 'c1' }] } },
    { kind: 'skipped', reason: 'heartbeat' },
  ]);
});
