import pg from 'pg';
import type { VirtualClock } from './virtual-clock.ts';

/** A year. */
const MAX_SHIFT_MS = 366 * 86_400_000;

/**
 * `now()` of our own, found before that of PostgreSQL. What the clock shows is the value of two sequences, which are read without a
 * query and seen by every session at once. `CURRENT_TIMESTAMP` is grammar, not a function, and stays as it is.
 */
const VIRTUAL_TIME_SQL = `
CREATE SCHEMA virtual_time;
GRANT USAGE ON SCHEMA virtual_time TO PUBLIC;
CREATE SEQUENCE virtual_time.shift_ms MINVALUE ${-MAX_SHIFT_MS} START 0;
CREATE SEQUENCE virtual_time.stands_at_ms MINVALUE 0 START 0;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA virtual_time TO PUBLIC;
SELECT setval('virtual_time.shift_ms', 0), setval('virtual_time.stands_at_ms', 0);
CREATE FUNCTION virtual_time.shown(true_time timestamptz) RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT CASE WHEN pg_sequence_last_value('virtual_time.stands_at_ms') > 0
    THEN to_timestamp(pg_sequence_last_value('virtual_time.stands_at_ms') / 1000.0)
    ELSE true_time + 0.001 * pg_sequence_last_value('virtual_time.shift_ms') * interval '1 second' END
$$;
CREATE FUNCTION virtual_time.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT virtual_time.shown(pg_catalog.now())
$$;
CREATE FUNCTION virtual_time.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT virtual_time.shown(pg_catalog.clock_timestamp())
$$;
-- For every database of the server, which is ours alone. New tables still go to the first schema.
ALTER ROLE ALL SET search_path = "$user", public, virtual_time, pg_catalog;`;

/**
 * Gives a database a virtual time: `now()` and `clock_timestamp()` in statements and column defaults. To be called
 * before anything is created in it, since a default keeps the function that it was declared with. Databases that are
 * copied from it have one too.
 *
 * @param databaseUrl for a user who may do anything; sessions opened later see the virtual time
 */
export async function installVirtualTime(databaseUrl: string): Promise<void> {
  await using client = await connect(databaseUrl);
  await client.session.query(VIRTUAL_TIME_SQL);
}

/**
 * Has the virtual time of a database go by a clock.
 *
 * @param databaseUrl of a database that {@link installVirtualTime} was called for
 * @returns disposing of it leaves the database's time where it is
 */
export async function followClock(clock: VirtualClock, databaseUrl: string): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const { session } = stack.use(await connect(databaseUrl));
  const end = await clock.addFollower(async ({ shiftMs, standsAtMs = 0 }) => {
    const sql = "SELECT setval('virtual_time.shift_ms', $1), setval('virtual_time.stands_at_ms', $2)";
    await session.query(sql, [Math.round(shiftMs), Math.round(standsAtMs)]);
  });
  stack.defer(end);
  return stack.move();
}

async function connect(connectionString: string): Promise<AsyncDisposable & { readonly session: pg.Client }> {
  const session = new pg.Client({ connectionString });
  // A server that goes down before its clients is no news.
  session.on('error', () => undefined);
  await session.connect();
  return { session, [Symbol.asyncDispose]: () => session.end() };
}
