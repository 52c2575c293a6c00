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
    `SELECT 'airports'::text AS lookup, _asked.key, count(*) AS rows, ` +
      `min(jsonb_build_array(_t."city", _t."passengers"::text, _t."area"::text, _t."length"::text, ` +
      `encode(_t."logo", 'base64'), _t."runways")::text) AS cells
FROM jsonb_array_elements_text(:keys_0::jsonb) AS _asked(key)
JOIN "ref"."airports" AS _t ON _t."iata" = _asked.key::text
GROUP BY _asked.key`,
  );
});

it('reads all lookups in one statement, each with its own keys', () => {
  const sql = compileLookup({ airports, airlines }) ?? '';
  expect(sql.split('\nUNION ALL\n')).toHaveLength(2);
  expect(sql.match(/:keys_\d::jsonb/g)).toEqual([':keys_0::jsonb', ':keys_1::jsonb']);
  expect(sql).toContain('_t."id" = _asked.key::integer');
});

it('is no statement without lookups', () => {
  expect(compileLookup({})).toBeUndefined();
});
