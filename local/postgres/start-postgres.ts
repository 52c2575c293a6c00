import { execFile, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readVersion } from './connect-postgres.ts';
import { findUnprivilegedUser } from './find-unprivileged-user.ts';
import { findPostgresBinaries, makeReachable, type PostgresBinaries } from './postgres-binaries.ts';
import { endPostgresProcess, startPostgresProcess, type RunAs } from './postgres-process.ts';
import type { PostgresServer, RestartMode } from './postgres-server.ts';
import { startWatchdog } from './start-watchdog.ts';

/**
 * Settings of a database that is thrown away. Nothing is forced to disk, so a power cut loses it; a crash of the
 * server alone (`restart('immediate')`) loses no committed row, because commits still reach the operating system.
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  timezone: 'UTC',
  lc_messages: 'C',
  fsync: 'off',
  full_page_writes: 'off',
  autovacuum_naptime: '10s',
  max_wal_size: '4GB',
  // A statement whose client is gone ends soon, instead of when it is done.
  client_connection_check_interval: '1s',
} as const;

/** What `ALTER SYSTEM` and a restart may change, unlike the settings above: whoever measures a cache turns its size. */
const CHANGEABLE_SETTINGS = { shared_buffers: '128MB' } as const;

/** SIGINT and SIGQUIT are PostgreSQL's own signals for these two ways to end. */
const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const satisfies Record<RestartMode, NodeJS.Signals>;

/** A free port may be taken by another process between asking and using it. */
const PORT_ATTEMPTS = 5;

interface Cluster {
  readonly folder: string;
  readonly password: string;
  readonly binaries: PostgresBinaries;
  readonly runAs: RunAs;
}

/**
 * Starts a PostgreSQL 17 of its own in a temporary folder, on a free port of 127.0.0.1, with a random password.
 * Several may run at the same time. It is gone after `stop`, and also when this process ends without calling it.
 *
 * @throws Error if there is no PostgreSQL build for this platform, or none may be run.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kinesis-to-aurora-postgres-'));
  const dismissWatchdog = startWatchdog(folder);
  const discard = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    await dismissWatchdog();
  };
  try {
    const cluster = await createCluster(folder);
    const { child, port } = await startOnFreePort(cluster);
    return await serve({ cluster, child, port, discard });
  } catch (error) {
    await discard();
    throw error;
  }
}

async function createCluster(folder: string): Promise<Cluster> {
  const runAs = await findUnprivilegedUser();
  const found = await findPostgresBinaries();
  // Open for passing through; the data folder inside is closed by initdb.
  await chmod(folder, 0o711);
  const binaries = runAs.uid === undefined ? found : await makeReachable(found, join(folder, 'binaries'));
  const password = randomBytes(18).toString('base64url');
  const [data, passwordFile] = [join(folder, 'data'), join(folder, 'password')];
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (runAs.uid !== undefined && runAs.gid !== undefined) {
    await Promise.all([data, passwordFile].map((path) => chown(path, runAs.uid ?? 0, runAs.gid ?? 0)));
  }
  await initialise({ folder, password, binaries, runAs }, passwordFile);
  return { folder, password, binaries, runAs };
}

async function initialise({ folder, binaries, runAs }: Cluster, passwordFile: string): Promise<void> {
  const args = [
    ['--pgdata', join(folder, 'data')],
    ['--username', 'postgres'],
    ['--pwfile', passwordFile],
    ['--auth', 'scram-sha-256'],
    ['--encoding', 'UTF8'],
    // The same sorting and casing on every machine, whichever locales it has.
    ['--locale-provider', 'builtin'],
    ['--builtin-locale', 'C.UTF-8'],
    ['--locale', 'C'],
    ...Object.entries(CHANGEABLE_SETTINGS).map(([name, value]) => ['--set', `${name}=${value}`]),
    ['--no-sync', '--no-instructions'],
  ].flat();
  await promisify(execFile)(binaries.initdb, args, { ...runAs, cwd: folder });
}

async function startOnFreePort(cluster: Cluster): Promise<{ child: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort();
    try {
      return { child: await start(cluster, port), port };
    } catch (error) {
      const taken = error instanceof Error && error.message.includes('Address already in use');
      if (!taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function start({ folder, binaries, runAs }: Cluster, port: number): Promise<ChildProcess> {
  const settings = Object.entries({ ...SETTINGS, port: String(port) });
  const args = ['-D', join(folder, 'data'), ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  return startPostgresProcess({ program: binaries.postgres, args, runAs });
}

async function serve(started: {
  readonly cluster: Cluster;
  readonly child: ChildProcess;
  readonly port: number;
  readonly discard: () => Promise<void>;
}): Promise<PostgresServer> {
  const { cluster, port } = started;
  let { child } = started;
  let stopping: Promise<void> | undefined;
  const url = `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`;
  const stop = async (): Promise<void> => {
    await endPostgresProcess(child, SIGNALS.fast);
    await started.discard();
  };
  return {
    url,
    version: await readVersion(url),
    restart: async (mode, downMs = 0) => {
      await endPostgresProcess(child, SIGNALS[mode]);
      if (downMs > 0) await sleep(downMs);
      child = await start(cluster, port);
    },
    stop: () => (stopping ??= stop()),
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
