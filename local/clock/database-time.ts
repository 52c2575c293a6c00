import pg from 'pg';
import type { VirtualClock } from './virtual-clock.ts';

/**
 * `now()` of our own, found before that of PostgreSQL. The shift is the value of a sequence, which is read without a
 * query and seen by every session at once. `CURRENT_TIMESTAMP` is grammar, not a function, and stays as it is.
 */
const VIRTUAL_TIME_SQL = `
CREATE SCHEMA virtual_time;
GRANT USAGE ON SCHEMA virtual_time TO PUBLIC;
CREATE SEQUENCE virtual_time.shift_ms MINVALUE 0 START 0;
GRANT SELECT ON SEQUENCE virtual_time.shift_ms TO PUBLIC;
SELECT setval('virtual_time.shift_ms', 0);
CREATE FUNCTION virtual_time.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT pg_catalog.now() + 0.001 * pg_sequence_last_value('virtual_time.shift_ms') * interval '1 second'
$$;
CREATE FUNCTION virtual_time.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT pg_catalog.clock_timestamp() + 0.001 * pg_sequence_last_value('virtual_time.shift_ms') * interval '1 second'
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
  const end = await clock.addFollower(async (shiftMs) => {
    await session.query("SELECT setval('virtual_time.shift_ms', $1)", [Math.round(shiftMs)]);
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
