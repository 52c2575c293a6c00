import { describe, expect, it } from 'vitest';
import { compileProjection } from '../../../processor/compile-projection.ts';
import type { Columns } from '../../../processor/tables/table-kind.ts';
import { defineProjection, inserts, lookup, ProjectionError } from '../../../processor/projection.ts';
import { orders } from '../../support/orders-projection.ts';
import * as z from 'zod/mini';

function columns(count: number): Columns {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`column_${index}`, 'double precision']));
}

function compile(tables: number, lookups = 0) {
  return compileProjection(
    defineProjection({
      name: 'big',
      schema: z.unknown(),
      eventId: () => 'x',
      lookups: Object.fromEntries(
        Array.from({ length: lookups }, (_, index) => [
          `lookup_${index}`,
          lookup({ table: 't', key: 'k', keyType: 'text', columns: columns(100) }),
        ]),
      ),
      lookupKeys: () => ({}),
      tables: Object.fromEntries(
        Array.from({ length: tables }, (_, index) => [`table_${index}`, inserts({ columns: columns(98) })]),
      ),
      project: () => ({}),
    }),
  );
}

describe('compileProjection', () => {
  it('compiles both statements of a projection once', () => {
    const compiled = compileProjection(orders);
    expect(compiled.writeSql).toContain('INSERT INTO "orders"');
    expect(compiled.lookupSql).toContain('JOIN "customers"');
    expect(compiled.tableCount).toBe(3);
    expect(compiled.step.encoders.map(({ table }) => table.name)).toEqual(['orders', 'customer_totals', 'last_orders']);
    expect(compiled.step.ownLedger).toBeUndefined();
  });

  it('takes a projection as large as a statement may be', () => {
    expect(compile(8).writeSql.length).toBeLessThanOrEqual(65_536);
  });

  it('refuses one whose statements are longer, and says which', () => {
    const problems = (() => {
      try {
        compile(10, 40);
      } catch (error) {
        if (error instanceof ProjectionError) return error.problems;
      }
      return [];
    })();
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(
      /^`tables` must compile to at most 65536 characters of SQL, got \d+; split the projection$/,
    );
    expect(problems[1]).toMatch(/^`lookups` must compile to at most 65536 characters of SQL, got \d+; /);
  });

  it('counts the longer of the two statements among the fixed bytes of a request', () => {
    const [small, manyLookups] = [compile(1), compile(1, 20)];
    expect(manyLookups.lookupSql!.length).toBeGreaterThan(manyLookups.writeSql.length);
    expect(manyLookups.fixedRequestBytes - small.fixedRequestBytes).toBeGreaterThan(
      manyLookups.lookupSql!.length - small.writeSql.length,
    );
  });
});
