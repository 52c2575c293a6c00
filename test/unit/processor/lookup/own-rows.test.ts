import { expect, it } from 'vitest';
import { ownLookupsOf } from '../../../../processor/lookup/own-rows.ts';
import type { Lookup } from '../../../../processor/lookup/declare-lookup.ts';
import { counters, inserts, lookup, versions } from '../../../../processor/projection.ts';

const tables = {
  'sales.orders': inserts({ columns: { id: 'text', customer: 'text' } }),
  customers: versions({ key: { id: 'text' }, version: { v: 'integer' }, columns: { email: 'text' } }),
  days: counters({ key: { day: 'date', shop: 'text' }, counters: { orders: 'bigint' } }),
  latest: versions({
    key: { name: 'text' },
    version: { id: 'text' },
    columns: {},
    from: { table: 'sales.orders', columns: { name: 'customer' } },
  }),
};
const on = (table: string, key: string) => lookup({ table, key, keyType: 'text', columns: { x: 'text' } });
const ownOf = (lookups: Readonly<Record<string, Lookup>>) =>
  ownLookupsOf(tables, lookups).map(({ table, columns }) => [table.name, columns?.map(({ name }) => name)]);

it('knows a table with and without its schema', () => {
  expect(ownOf({ a: on('orders', 'id'), b: on('sales.orders', 'id'), c: on('public.orders', 'id') })).toEqual([
    ['sales.orders', ['id']],
    ['sales.orders', ['id']],
  ]);
  expect(ownOf({ a: on('public.customers', 'id'), b: on('shops', 'id') })).toEqual([['customers', ['id']]]);
});

it('finds the key in the rows that events give, also where a table takes them from another', () => {
  expect(ownOf({ a: on('latest', 'name') })).toEqual([['sales.orders', ['customer']]]);
  const days = lookup({
    table: 'days',
    key: ['shop', 'day'],
    keyType: ['text', 'date'],
    columns: { orders: 'bigint' },
  });
  expect(ownOf({ days })).toEqual([['days', ['shop', 'day']]]);
});

it('takes every key for changed where a row may change its value, or the projection does not write it', () => {
  expect(ownOf({ a: on('customers', 'email'), b: on('sales.orders', 'number') })).toEqual([
    ['customers', undefined],
    ['sales.orders', undefined],
  ]);
});
