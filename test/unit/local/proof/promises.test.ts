import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { promisesOf } from '../../../../local/proof/promises.ts';
import type { AnyProjection, EventRecord } from '../../../../processor/projection.ts';
import { counters, defineProjection, inserts, lookup, versions } from '../../../../processor/projection.ts';
import type { Table } from '../../../../processor/tables/table-kind.ts';

const key = { id: 'text' } as const;
const columns = { name: 'text?' } as const;

function orderOf(table: Table, rest: object = {}): string {
  const projection = { ...BY_EVENT, tables: { ids: inserts({ columns: key }), things: table }, ...rest };
  return promisesOf(projection).order;
}

const base = { name: 'things', schema: z.object({ id: z.string() }), tables: { ids: inserts({ columns: key }) } };
const project = ({ id }: { readonly id: string }) => ({ ids: { id } });
const BY_EVENT = defineProjection({ ...base, eventId: ({ id }) => id, project });

describe('the order that a declaration leaves free', () => {
  it.each([
    ['inserts', inserts({ columns: key })],
    ['counters', counters({ key, counters: { n: 'bigint' } })],
    ['counters of rows that are there', counters({ key, counters: { n: 'bigint' }, create: false })],
    ['versions with a place in the stream', versions({ key, version: { seq: 'position' }, columns })],
    ['a time and then a place', versions({ key, version: { at: 'timestamptz', seq: 'position' }, columns })],
  ])('is any one for %s', (_, table) => {
    expect(orderOf(table)).toBe('any');
  });

  it.each([
    ['versions that may tie', versions({ key, version: { at: 'timestamptz' }, columns })],
    ['a place that is no version', versions({ key, version: { v: 'bigint' }, columns: { seq: 'position' } })],
    ['patches', versions({ key, version: { seq: 'position' }, columns, patch: true })],
    ['rows that are kept', inserts({ key: ['id'], columns: key, existing: 'keep' })],
    ['rows of another table', versions({ key, version: { id2: 'text' }, columns: {}, from: { table: 'ids' } })],
  ])('keeps partition keys in line for %s', (_, table) => {
    expect(orderOf(table)).toBe('per-partition-key');
  });

  it('keeps them in line where a lookup sees rows of the projection, under any name of the table', () => {
    const of = (table: string) => ({ lookups: { it: lookup({ table, key: 'id', keyType: 'text', columns: key }) } });
    expect(orderOf(inserts({ columns: key }), of('public.things'))).toBe('per-partition-key');
    expect(orderOf(inserts({ columns: key }), of('others'))).toBe('any');
  });
});

describe('a second copy of an event', () => {
  it('is known by an id that the event itself has, and by no other', () => {
    const ofRecord = (event: { readonly id: string }, record: EventRecord) => `${event.id} ${record.shardId}`;
    const copiesOf = (projection: unknown): boolean => promisesOf(projection as AnyProjection).copies;
    expect(copiesOf(BY_EVENT)).toBe(true);
    expect(copiesOf(defineProjection({ ...base, eventId: 'position', project }))).toBe(false);
    expect(copiesOf(defineProjection({ ...base, eventId: ofRecord, project }))).toBe(false);
  });
});
