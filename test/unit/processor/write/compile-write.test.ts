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

/** The text of one part of the statement, its spaces made one, and its own names without their notation. */
function part(sql: string, name: string): string {
  const rest = sql.slice(sql.indexOf(`"~${name}" AS `));
  const end = rest.search(/\),\n"~|\)\nSELECT/);
  return plain(rest.slice(0, end + 1));
}

function plain(sql: string): string {
  return sql.replace(/\s+/g, ' ').replace(/"~(\w+)"/g, '~$1');
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
        ':log::jsonb',
      ]),
    );
  });

  it('writes the ledger first, in one order, and goes on with what is fresh', () => {
    const sql = compile();
    expect(part(sql, 'ledger')).toContain('INSERT INTO event_processor.ledger (function_name, event_id)');
    expect(part(sql, 'ledger')).toContain('ORDER BY ~event_id COLLATE "C" ON CONFLICT DO NOTHING RETURNING event_id');
    expect(part(sql, 'all_fresh')).toContain('(SELECT count(*) FROM ~ledger) = (SELECT count(*) FROM ~event)');
    expect(part(sql, 'fresh')).toContain(
      'SELECT min(~r.~n) FROM ~event AS ~r JOIN ~ledger ON ~ledger.~event_id = ~r.~event_id ' +
        'WHERE NOT (SELECT all_fresh FROM ~all_fresh) GROUP BY ~ledger.~event_id',
    );
  });

  it('inserts the rows of fresh events only', () => {
    expect(part(compile({ tables: { 'sales.orders': tables['sales.orders'] } }), 'write_0')).toBe(
      '~write_0 AS ( INSERT INTO "sales"."orders" ("id", "note", "Total") SELECT "id", "note", "Total" FROM ' +
        '(SELECT ~r.* FROM (SELECT (~v->>0)::integer AS ~n, (~v->>1)::uuid AS "id", ' +
        'NULLIF(~v->2, \'null\'::jsonb) AS "note", (~v->>3)::numeric AS "Total" ' +
        'FROM jsonb_array_elements(:rows_0::jsonb) AS ~v) AS ~r ' +
        'WHERE (SELECT all_fresh FROM ~all_fresh) OR ~r.~n IN (SELECT ~n FROM ~fresh)) AS ~r ORDER BY ~r.~n RETURNING 1 )',
    );
  });

  it('sorts rows by key, text bytewise, so that all lanes lock them in one order', () => {
    const columns = { a: 'text?', b: 'text', c: 'uuid' } as const;
    const sql = compile({ tables: { t: inserts({ columns, key: ['b', 'c', 'a'] }), days } });
    expect(part(sql, 'write_0')).toContain('ORDER BY ~r."b" COLLATE "C", ~r."c", ~r."a" COLLATE "C" RETURNING 1');
    expect(part(sql, 'write_1')).toContain('ORDER BY ~r."airport" COLLATE "C", ~r."day" ON CONFLICT');
  });

  it('takes the locks of every kind of table in that order, and locks what it reads before it changes it', () => {
    const state = { key, version: { at: 'timestamp' }, columns: { delay: 'integer?' } } as const;
    const sql = compile({
      tables: {
        replaced: versions({ ...state, removes: false }),
        removed: versions(state),
        patched: versions({ ...state, patch: true }),
        added: counters({ key, counters: { flights: 'bigint' }, create: false }),
        kept: inserts({ columns: { id: 'uuid' }, key: ['id'], existing: 'keep' }),
      },
    });
    const byKey = (row: string): string => `ORDER BY ~${row}."airport" COLLATE "C", ~${row}."day"`;
    expect(part(sql, 'write_0')).toContain(`FROM ~chosen_0 AS ~r ${byKey('r')} ON CONFLICT`);
    for (const table of [1, 2, 3]) expect(part(sql, `there_${table}`)).toContain(`${byKey('t')} FOR UPDATE OF ~t`);
    for (const table of [1, 2]) {
      expect(part(sql, `touched_${table}`)).toMatch(
        /ORDER BY jsonb_build_array\([^:]*\)::text COLLATE "C" ON CONFLICT/,
      );
      expect(part(sql, `inserted_${table}`)).toContain(`${byKey('r')} ON CONFLICT`);
    }
    expect(part(sql, 'write_4')).toContain('ORDER BY ~r."id", ~r.~order ON CONFLICT');
  });

  it('takes jsonb cells as they are, and null for null only where null is allowed', () => {
    const sql = compile({ tables: { t: inserts({ columns: { a: 'jsonb', b: 'jsonb?' } }) } });
    expect(part(sql, 'write_0')).toContain(`~v->1 AS "a", NULLIF(~v->2, 'null'::jsonb) AS "b"`);
  });

  it('lets a table of the projection be the ledger, and then does not write it twice', () => {
    const ledgered = { ...tables, mine: inserts({ columns: { event_id: 'text', at: 'date' }, key: ['event_id'] }) };
    const sql = compile({ tables: ledgered, ledger: 'mine' });
    expect(sql).not.toContain('event_processor.ledger');
    expect(sql).not.toContain(':events');
    expect(sql).not.toContain('write_3');
    expect(part(sql, 'ledger')).toContain(
      'INSERT INTO "mine" ("event_id", "at") SELECT "event_id", "at" FROM ~event AS ~r ' +
        'ORDER BY ~r."event_id" COLLATE "C", ~r.~n ON CONFLICT ("event_id") DO NOTHING',
    );
    expect(part(sql, 'event')).toContain(':rows_3::jsonb');
  });

  it('reads rows that are those of another table from there, which are read once then', () => {
    const from = { table: 'sales', columns: { shop: 'branch' } } as const;
    const derived = {
      days,
      newest: versions({ key: { shop: 'text' }, version: { at: 'timestamp' }, columns: { cents: 'integer' }, from }),
      sales: inserts({ columns: { id: 'text', branch: 'text', at: 'timestamp', cents: 'integer' }, key: ['id'] }),
    };
    const sql = compile({ tables: derived });
    expect(part(sql, 'rows_1')).toContain('~rows_1 AS MATERIALIZED (SELECT (~v->>0)::integer AS ~n,');
    expect(part(sql, 'write_1')).toContain(
      'FROM (SELECT ~n, ~order, "branch" AS "shop", "at", "cents" FROM ~rows_1) AS ~r',
    );
    expect(part(sql, 'write_2')).toContain('FROM ~rows_1 AS ~r WHERE (SELECT all_fresh');
    expect(sql).not.toContain(':rows_2');
    const owned = compile({ tables: derived, ledger: 'sales' });
    expect(part(owned, 'write_1')).toContain('FROM (SELECT ~n, "branch" AS "shop", "at", "cents" FROM ~event) AS ~r');
    expect(owned).not.toContain('rows_1" AS');
  });

  it('counts events without effect only where there may be any', () => {
    const { latest } = tables;
    const mine = inserts({ columns: { id: 'text' }, key: ['id'] });
    const counts = (options: Parameters<typeof compile>[0]) =>
      part(compile(options), 'without_effect').includes('EXCEPT');
    expect(counts({ tables: { latest } })).toBe(true);
    expect(counts({ tables: { days } })).toBe(false);
    expect(counts({ tables: { latest, mine }, ledger: 'mine' })).toBe(false);
    expect(counts({ tables: { mine: { ...mine, withoutEffect: 'existing' } } })).toBe(true);
  });

  it('logs the stretch of the shard', () => {
    expect(part(compile(), 'log')).toContain(
      'INSERT INTO event_processor.batch_log (function_name, shard_id, first_sequence_number',
    );
  });
});

describe('the compiled write of a chunk with rejections', () => {
  const withRejections = compileWrite({ tables, ledger: undefined }, { withRejections: true });

  it('quarantines them in the same statement', () => {
    expect(part(withRejections, 'quarantine')).toContain(
      'INSERT INTO event_processor.quarantine (function_name, shard_id, sequence_number',
    );
    expect(part(withRejections, 'quarantine')).toContain(':quarantine::jsonb');
  });

  it('puts the payload of a row together from its parts, all of them, and deletes these', () => {
    expect(part(withRejections, 'quarantine')).toContain(
      "coalesce(decode(~v->>5, 'base64'), (SELECT string_agg(~p.bytes, ''::bytea ORDER BY ~p.part) FROM",
    );
    expect(part(withRejections, 'quarantine')).toContain('HAVING count(*) = (~v->>12)::integer');
    expect(part(withRejections, 'used')).toContain('DELETE FROM event_processor.quarantine_part AS ~p USING');
  });

  it('differs in nothing else but the counts: the usual one does not know that there are any', () => {
    const usual = compile();
    expect(usual).not.toContain('quarantine_part');
    expect(usual).not.toContain(':quarantine');
    const names = (sql: string) => [...sql.matchAll(/^(?:WITH )?"~(\w+)" AS/gm)].map(([, name]) => name!);
    expect(names(withRejections).filter((name) => !['quarantine', 'used'].includes(name))).toEqual(names(usual));
    expect(names(usual).length).toBeGreaterThan(6);
    for (const name of names(usual)) {
      if (name !== 'log') expect(part(withRejections, name)).toBe(part(usual, name));
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
