import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineProjection, inserts, lookup, ndjson } from '../../../processor/projection.ts';
import { runProjection } from '../../../processor/testing.ts';

const readings = defineProjection({
  name: 'readings',
  decode: ndjson(),
  schema: z.object({ sensor: z.string(), value: z.union([z.number(), z.bigint()]) }),
  eventId: 'position',
  lookups: {
    places: lookup({
      table: 'places',
      key: ['site', 'sensor'],
      keyType: ['text', 'text'],
      columns: { region: 'text' },
    }),
    regions: lookup({ table: 'regions', key: 'id', keyType: 'text', columns: { name: 'text' }, absent: 'undefined' }),
  },
  lookupKeys: ({ sensor }, { places }) => ({
    places: [['a', sensor]],
    regions: [places(['a', sensor])?.region],
  }),
  tables: { readings: inserts({ columns: { at: 'timestamptz', key: 'text', value: 'numeric', region: 'text?' } }) },
  project: ({ sensor, value }, { places, regions }, { record }) => ({
    readings: {
      at: record.arrivedAt,
      key: record.partitionKey,
      value,
      region: regions(places(['a', sensor]).region)?.name ?? null,
    },
  }),
});

const lookups = {
  places: [
    [['a', 's1'], { region: 'north' }],
    [['a', 's2'], { region: 'south' }],
  ],
  regions: [['north', { name: 'North' }]],
} as const;

describe('a projection in a unit test', () => {
  it('gets raw records through its decoder, and reference rows by several columns and by other rows', async () => {
    const arrivedAt = new Date('2026-03-01T00:00:00Z');
    const data = gzipSync('{"sensor":"s1","value":1}\n{"sensor":"s2","value":2}\nnothing\n{"sensor":"s3","value":4}\n');
    const events = await runProjection(readings, { lookups, records: [{ data, partitionKey: 'k', arrivedAt }] });
    expect(events).toMatchObject([
      { kind: 'rows', rows: { readings: [{ at: arrivedAt, key: 'k', value: 1, region: 'North' }] } },
      { kind: 'rows', rows: { readings: [{ value: 2, region: null }] } },
      { kind: 'rejected', reason: 'not-json' },
      { kind: 'rejected', reason: 'lookup-absent', detail: expect.stringContaining('places') as string },
    ]);
  });

  it('gets events as JSON, digits and all', async () => {
    const value = 9_007_199_254_740_993n;
    const events = await runProjection(readings, { lookups, events: [{ sensor: 's1', value }] });
    expect(events).toMatchObject([{ rows: { readings: [{ value }] } }]);
  });

  it('is told of a row that its table does not take', async () => {
    const declared = { name: 'wrong', schema: z.object({ n: z.number() }), eventId: 'position' } as const;
    const wrong = defineProjection({
      ...declared,
      tables: { t: inserts({ columns: { n: 'integer' } }) },
      project: ({ n }) => ({ t: [{ n: 1 }, { n }] }),
    });
    expect(await runProjection(wrong, { events: [{ n: 1.5 }, { n: 2 }] })).toMatchObject([
      { kind: 'rejected', reason: 'row-invalid' },
      { kind: 'rows', rows: { t: [{ n: 1 }, { n: 2 }] } },
    ]);
  });

  it('refuses reference rows whose keys could not be asked for', async () => {
    const given = { places: [['a', { region: 'north' }]] } as unknown as typeof lookups;
    await expect(runProjection(readings, { lookups: given, events: [] })).rejects.toThrow(
      /lookup `places`: a key must be a list of the values of `site`, `sensor`/,
    );
  });
});
