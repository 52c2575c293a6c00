/**
 * What TypeScript must refuse about removals, patches and column types: `tsc` checks this file, and an expected error that
 * does not come is an error itself. Nothing here runs.
 *
 * @module
 */
import * as z from 'zod/mini';
import { counters, defineProjection, inserts, remove, skip, sql, versions } from '../../processor/projection.ts';

const schema = z.object({ id: z.string(), origin: z.string(), delay: z.int() });
const eventId = ({ id }: { readonly id: string }) => id;
const tables = {
  flights: inserts({ columns: { id: 'text', delay: 'integer' } }),
  days: counters({ key: { origin: 'text' }, counters: { flights: 'bigint' } }),
  latest: versions({ key: { origin: 'text' }, version: { at: 'timestamp' }, columns: { delay: 'integer' } }),
};
const base = { name: 'types', schema, eventId, tables };

// Rows of versions can be removed, by their key and version alone.
defineProjection({ ...base, project: ({ origin }) => ({ latest: remove({ origin, at: '2001-01-01' }) }) });
defineProjection({
  ...base,
  project: ({ origin, delay }) => ({
    latest: [remove({ origin, at: '2001-01-01' }), { origin, at: '2001-01-02', delay }],
  }),
});
defineProjection({
  ...base,
  project: ({ origin, delay }) =>
    delay > 0 ? { latest: remove({ origin, at: '2001-01-01' }) } : { latest: { origin, at: '2001-01-02', delay } },
});
defineProjection({
  ...base,
  // @ts-expect-error -- the version is missing
  project: ({ origin }) => ({ latest: remove({ origin }) }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- `at` is text
  project: ({ origin }) => ({ latest: remove({ origin, at: 5 }) }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- a removal has no `delay`
  project: ({ origin, delay }) => ({ latest: remove({ origin, at: '2001-01-01', delay }) }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- counters are not removed
  project: ({ origin }) => ({ days: remove({ origin }) }),
});
defineProjection({
  ...base,
  // @ts-expect-error -- what is inserted stays
  project: ({ id }) => ({ flights: remove({ id }) }),
});
const kept = versions({ key: { origin: 'text' }, version: { at: 'timestamp' }, columns: {}, removes: false });
defineProjection({
  ...base,
  tables: { kept },
  // @ts-expect-error -- it says that nothing is removed
  project: ({ origin }) => ({ kept: remove({ origin, at: '2001-01-01' }) }),
});
// The engine fills in a version that is the position.
const placed = versions({ key: { id: 'text' }, version: { seq: 'position' }, columns: { name: 'text?' }, patch: true });
defineProjection({ ...base, tables: { placed }, project: ({ id }) => ({ placed: remove({ id }) }) });

// With `patch`, columns may be left out; keys and versions may not.
const patched = versions({
  key: { id: 'text' },
  version: { at: 'timestamp' },
  columns: { delay: 'integer', note: 'text?' },
  patch: true,
});
defineProjection({ ...base, tables: { patched }, project: ({ id }) => ({ patched: { id, at: '2001-01-01' } }) });
defineProjection({
  ...base,
  tables: { patched },
  schema: z.object({ id: z.string(), delay: z.optional(z.int()), note: z.optional(z.nullable(z.string())) }),
  project: ({ id, delay, note }) => ({ patched: { id, at: '2001-01-01', delay, note } }),
});
defineProjection({
  ...base,
  tables: { patched },
  // @ts-expect-error -- a version is never left out
  project: ({ id, delay }) => ({ patched: { id, delay } }),
});
defineProjection({
  ...base,
  tables: { patched },
  // @ts-expect-error -- `delay` must not be null
  project: ({ id }) => ({ patched: { id, at: '2001-01-01', delay: null } }),
});
defineProjection({
  ...base,
  tables: { patched },
  // @ts-expect-error -- there is no `speed`
  project: ({ id }) => ({ patched: { id, at: '2001-01-01', speed: 5 } }),
});

// Lists of every base type, and any type by its name.
const wide = inserts({
  columns: { tags: 'text[]', counts: 'integer[]?', state: sql('order_state'), span: sql('int4range?'), at: 'time' },
});
const wideRow = { tags: ['a', null], counts: null, state: 'new', span: null, at: '10:00' };
defineProjection({ ...base, tables: { wide }, project: () => ({ wide: wideRow }) });
defineProjection({
  ...base,
  tables: { wide },
  // @ts-expect-error -- the tags are a list
  project: () => ({ wide: { ...wideRow, tags: 'a' } }),
});
defineProjection({
  ...base,
  tables: { wide },
  // @ts-expect-error -- of text
  project: () => ({ wide: { ...wideRow, tags: [5] } }),
});
defineProjection({
  ...base,
  tables: { wide },
  // @ts-expect-error -- the state is the text of one
  project: () => ({ wide: { ...wideRow, state: 5 } }),
});
defineProjection({
  ...base,
  tables: { wide },
  // @ts-expect-error -- the state must not be null
  project: () => ({ wide: { ...wideRow, state: null } }),
});
// @ts-expect-error -- there is no such base type
inserts({ columns: { id: 'varchar[]' } });

// What an event does may differ from case to case, in one table too.
defineProjection({
  ...base,
  tables: { ...tables, placed },
  project: ({ id, origin, delay }, _lookups, { eventId: event }) => {
    if (delay === 0) return skip('heartbeat');
    if (delay < 0) return { placed: remove({ id }) };
    if (delay > 9) return { placed: { id, name: origin } };
    return { flights: { id: event, delay }, placed: { id } };
  },
});
defineProjection({
  ...base,
  tables: { ...tables, placed },
  // @ts-expect-error -- one of the cases has a column that there is none of
  project: ({ id, delay }) => {
    if (delay < 0) return { placed: remove({ id }) };
    return { placed: { id, size: 5 } };
  },
});
