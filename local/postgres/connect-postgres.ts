import { Client } from 'pg';
import { UsageError } from '../../command-line/usage-error.ts';
import type { PostgresServer } from './postgres-server.ts';

/**
 * Takes a PostgreSQL that already runs, behind the same interface as one started here: `stop` leaves it alone and
 * `restart` is refused.
 *
 * @param url - Connection URL, `postgres://user:password@host:port/database`.
 * @throws Error if nothing answers there.
 */
export async function connectPostgres(url: string): Promise<PostgresServer> {
  const version = await readVersion(url);
  return {
    url,
    version,
    restart: () => Promise.reject(new Error('a PostgreSQL that was not started here cannot be restarted')),
    stop: () => Promise.resolve(),
  };
}

/**
 * The same for the URL that a user gave with `--database-url`.
 *
 * @throws {@link UsageError} if nothing answers there
 */
export async function connectGivenPostgres(databaseUrl: string): Promise<PostgresServer> {
  if (!isPostgresUrl(databaseUrl)) {
    throw new UsageError([
      `\`--database-url\` must be a URL such as postgres://user:password@host:5432/database, got ${JSON.stringify(databaseUrl)}`,
    ]);
  }
  try {
    return await connectPostgres(databaseUrl);
  } catch (error) {
    throw new UsageError([
      `\`--database-url\` can't be reached: ${(error as Error).message}; expected postgres://user:password@host:port/database`,
    ]);
  }
}

/** Whether a text is a URL of a PostgreSQL server, reachable or not. */
export function isPostgresUrl(url: string): boolean {
  return URL.canParse(url) && ['postgres:', 'postgresql:'].includes(new URL(url).protocol);
}

/** Asks the server behind `url` for its version, `17.10`; fails if it does not answer within ten seconds. */
export async function readVersion(url: string): Promise<string> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A connection that breaks after it answered is not news here.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version.split(' ')[0] ?? 'unknown';
  } finally {
    await client.end();
  }
}
