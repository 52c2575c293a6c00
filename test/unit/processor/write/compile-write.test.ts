import { describe, expect, it } from 'vitest';
import { compileWrite } from '../../../../processor/write/compile-write.ts';
import { identifier } from '../../../../processor/tables/table-kind.ts';
import { counters, inserts, versions } from '../../../../processor/projection.ts';

const key = { airport: 'text', day: 'date' } as const;
const days = counters({ key, counters: { flights: 'bigint', hours: 'double precision' } });
const tables = {
  'sales.orders': inserts({ columns: { id: 'uuid', note: 'jsonb?', Total: 'numeric' } }),
  days,
  latest: versions({ key, version: { at: 'timestamp', id: 'text' }, columns: { delay: 'integer?' } }),
};

function compile(options: Partial<Parameters<typeof compileWrite>[0]> = {}): string {
  return compileWrite({ tables, ledger: undefined, ...options });
}

/** The text of one part of the statement, its spaces made one. */
function part(sql: string, name: string): string {
  const start = sql.indexOf(`${name} AS `);
  const rest = sql.slice(start);
  const end = rest.search(/\),\n_|\)\nSELECT/);
  return rest.slice(0, end + 1).replace(/\s+/g, ' ');
}

describe('the compiled write', () => {
  it('is one statement whose placeholders are all cast', () => {
    const sql = compile();
    const placeholders = sql.match(/(?<!:):[a-z]\w*(::\w+)?/g) ?? [];
    expect(sql).not.toContain(';');
    expect(placeholders.length).toBeGreaterThan(6);
    for (const placeholder of placeholders) expect(placeholder).toMatch(/^:\w+::(jsonb|text)$/);
    expect(new Set(placeholders)).toEqual(
      new Set([
        ':events::jsonb',
        ':function_name::text',
        ':rows_0::jsonb',
        ':rows_1::jsonb',
        ':rows_2::jsonb',
        ':quarantine::jsonb',
        ':log::jsonb',
      ]),
    );
  });

  it('writes the ledger first, in one order, and goes on with what is fresh', () => {
    const sql = compile();
    expect(part(sql, '_ledger')).toContain('INSERT INTO event_processor.ledger (function_name, event_id)');
    expect(part(sql, '_ledger')).toContain('ORDER BY event_id COLLATE "C" ON CONFLICT DO NOTHING RETURNING event_id');
    expect(sql).toContain('SELECT min(_n) AS _n FROM _event JOIN _ledger USING (event_id) GROUP BY event_id)');
  });

  it('inserts the rows of fresh events only', () => {
    expect(part(compile(), '_write_0')).toBe(
      '_write_0 AS ( INSERT INTO "sales"."orders" ("id", "note", "Total") SELECT "id", "note", "Total" FROM ' +
        '(SELECT (v->>0)::integer AS _n, (v->>1)::uuid AS "id", NULLIF(v->2, \'null\'::jsonb) AS "note", ' +
        '(v->>3)::numeric AS "Total" FROM jsonb_array_elements(:rows_0::jsonb) AS v) AS _row JOIN _fresh USING (_n) ' +
        'ORDER BY _n RETURNING 1 )',
    );
  });

  it('inserts in the order of the key where one is declared, text bytewise', () => {
    const columns = { a: 'text?', b: 'text', c: 'uuid' } as const;
    const sql = compile({ tables: { t: inserts({ columns, key: ['b', 'c', 'a'] }) } });
    expect(part(sql, '_write_0')).toContain('ORDER BY "b" COLLATE "C", "c", "a" COLLATE "C" RETURNING 1');
  });

  it('adds counters up per key before it touches a row, in the order of the keys', () => {
    const text = part(compile(), '_write_1');
    expect(text).toContain('SELECT "airport", "day", sum("flights")::bigint, sum("hours")::double precision FROM');
    expect(text).toContain(
      'GROUP BY "airport", "day" ORDER BY "airport" COLLATE "C", "day" ON CONFLICT ("airport", "day") DO UPDATE SET',
    );
    expect(text).toContain('"flights" = _t."flights" + excluded."flights", "hours" = _t."hours" + excluded."hours"');
  });

  it('keeps the greatest version per key, of equal ones the first, and compares text bytewise', () => {
    const text = part(compile(), '_write_2');
    expect(text).toContain(
      'SELECT DISTINCT ON ("airport" COLLATE "C", "day") "airport", "day", "at", "id", "delay" FROM',
    );
    expect(text).toContain(
      'ORDER BY "airport" COLLATE "C", "day", "at" DESC, "id" COLLATE "C" DESC, _n ON CONFLICT ("airport", "day")',
    );
    expect(text).toContain('DO UPDATE SET "at" = excluded."at", "id" = excluded."id", "delay" = excluded."delay"');
    expect(text).toContain('WHERE (_t."at", _t."id" COLLATE "C") < (excluded."at", excluded."id" COLLATE "C")');
  });

  it('takes jsonb cells as they are, and null for null only where null is allowed', () => {
    const sql = compile({ tables: { t: inserts({ columns: { a: 'jsonb', b: 'jsonb?' } }) } });
    expect(sql).toContain(`v->1 AS "a", NULLIF(v->2, 'null'::jsonb) AS "b"`);
  });

  it('lets a table of the projection be the ledger, and then does not write it twice', () => {
    const ledgered = { ...tables, mine: inserts({ columns: { event_id: 'text', at: 'date' }, key: ['event_id'] }) };
    const sql = compile({ tables: ledgered, ledger: 'mine' });
    expect(sql).not.toContain('event_processor.ledger');
    expect(sql).not.toContain(':events');
    expect(sql).not.toContain('_write_3');
    expect(part(sql, '_ledger')).toContain(
      'INSERT INTO "mine" ("event_id", "at") SELECT "event_id", "at" FROM _event ORDER BY "event_id" COLLATE "C", _n ' +
        'ON CONFLICT ("event_id") DO NOTHING RETURNING "event_id" AS event_id',
    );
    expect(part(sql, '_event')).toContain(':rows_3::jsonb');
  });

  it('reads rows that are those of another table from there, which are read once then', () => {
    const from = { table: 'sales', columns: { shop: 'branch' } } as const;
    const derived = {
      days,
      newest: versions({ key: { shop: 'text' }, version: { at: 'timestamp' }, columns: { cents: 'integer' }, from }),
      sales: inserts({ columns: { id: 'text', branch: 'text', at: 'timestamp', cents: 'integer' }, key: ['id'] }),
    };
    const sql = compile({ tables: derived });
    expect(part(sql, '_rows_1')).toContain('_rows_1 AS MATERIALIZED (SELECT (v->>0)::integer AS _n,');
    expect(part(sql, '_rows_1')).toContain('FROM jsonb_array_elements(:rows_1::jsonb) AS v)');
    expect(part(sql, '_write_1')).toContain(
      'FROM (SELECT _n, "branch" AS "shop", "at", "cents" FROM _rows_1) AS _row JOIN _fresh USING (_n)',
    );
    expect(part(sql, '_write_2')).toContain('FROM _rows_1 AS _row JOIN _fresh USING (_n) ORDER BY "id" COLLATE "C"');
    expect(sql).not.toContain(':rows_2');
    const owned = compile({ tables: derived, ledger: 'sales' });
    expect(part(owned, '_write_1')).toContain(
      'FROM (SELECT _n, "branch" AS "shop", "at", "cents" FROM _event) AS _row',
    );
    expect(owned).not.toContain('_rows_1 AS');
  });

  it('logs the stretch of the shard and quarantines in the same statement', () => {
    const sql = compile();
    expect(part(sql, '_quarantine')).toContain(
      'INSERT INTO event_processor.quarantine (function_name, shard_id, sequence_number',
    );
    expect(part(sql, '_quarantine')).toContain("decode(v->>5, 'base64')");
    expect(part(sql, '_log')).toContain(
      'INSERT INTO event_processor.batch_log (function_name, shard_id, first_sequence_number',
    );
    expect(sql).toMatch(/SELECT \(SELECT count\(\*\) FROM _fresh\)::integer AS written, .* AS quarantined$/);
  });
});

describe('the compiled write of a chunk with payloads in parts', () => {
  const withParts = compileWrite({ tables, ledger: undefined }, { withParts: true });

  it('puts the payload of a row together from its parts, all of them, and deletes these', () => {
    expect(part(withParts, '_quarantine')).toContain(
      "coalesce(decode(v->>5, 'base64'), (SELECT string_agg(_p.bytes, ''::bytea ORDER BY _p.part) FROM",
    );
    expect(part(withParts, '_quarantine')).toContain('HAVING count(*) = (v->>12)::integer');
    expect(part(withParts, '_used')).toContain('DELETE FROM event_processor.quarantine_part AS _p USING');
  });

  it('differs in nothing else: the usual one does not know that there are parts', () => {
    const usual = compile();
    expect(usual).not.toContain('quarantine_part');
    const names = (sql: string) => [...sql.matchAll(/^(?:WITH )?(_\w+) AS/gm)].map(([, name]) => name);
    expect(names(withParts).filter((name) => name !== '_used')).toEqual(names(usual));
    for (const name of names(usual)) {
      if (name !== '_quarantine') expect(part(withParts, name!)).toBe(part(usual, name!));
    }
  });
});

it('quotes identifiers part by part', () => {
  expect(['orders', 'sales.Orders', 'a"b', 'select'].map(identifier)).toEqual([
    '"orders"',
    '"sales"."Orders"',
    '"a""b"',
    '"select"',
  ]);
});
