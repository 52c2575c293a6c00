import { expect, it } from 'vitest';
import { compileLookup } from '../../../../processor/lookup/compile-lookup.ts';
import { lookup } from '../../../../processor/projection.ts';

const airports = lookup({
  table: 'ref.airports',
  key: 'iata',
  keyType: 'text',
  columns: {
    city: 'text',
    passengers: 'bigint?',
    area: 'numeric',
    length: 'double precision',
    logo: 'bytea?',
    runways: 'jsonb',
  },
});
const airlines = lookup({ table: 'airlines', key: 'id', keyType: 'integer', columns: { name: 'text' } });

it('reads one lookup by its keys, what must stay exact as text, and counts the rows of each', () => {
  expect(compileLookup({ airports })).toBe(
    `SELECT 'airports'::text AS lookup, _asked.n AS asked, count(*) AS rows, ` +
      `min(jsonb_build_array(_t."city", _t."passengers"::text, _t."area"::text, _t."length"::text, ` +
      `encode(_t."logo", 'base64'), _t."runways")::text) AS cells
FROM jsonb_array_elements_text(:keys_0::jsonb) WITH ORDINALITY AS _asked(key, n)
JOIN "ref"."airports" AS _t ON _t."iata" = _asked.key::text
GROUP BY _asked.n`,
  );
});

it('reads all lookups in one statement, each with its own keys', () => {
  const sql = compileLookup({ airports, airlines }) ?? '';
  expect(sql.split('\nUNION ALL\n')).toHaveLength(2);
  expect(sql.match(/:keys_\d::jsonb/g)).toEqual([':keys_0::jsonb', ':keys_1::jsonb']);
  expect(sql).toContain('_t."id" = _asked.key::integer');
});

it('compares each column of a key as its own type', () => {
  const prices = lookup({
    table: 'prices',
    key: ['shop', 'sku'],
    keyType: ['bigint', 'char'],
    columns: { cents: 'integer' },
  });
  expect(compileLookup({ prices })).toContain(
    `jsonb_array_elements(:keys_0::jsonb) WITH ORDINALITY AS _asked(key, n)
JOIN "prices" AS _t ON _t."shop" = (_asked.key->>0)::bigint AND _t."sku" = (_asked.key->>1)::bpchar`,
  );
});

it('is no statement without lookups', () => {
  expect(compileLookup({})).toBeUndefined();
});
