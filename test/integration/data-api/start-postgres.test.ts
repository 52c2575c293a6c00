import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { connectPostgres } from '../../../local/postgres/connect-postgres.ts';
import { startPostgres } from '../../../local/postgres/start-postgres.ts';

async function query(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

function answers(url: string): Promise<boolean> {
  return query(url, 'SELECT 1').then(
    () => true,
    () => false,
  );
}

describe('startPostgres', () => {
  it('starts servers next to each other, in UTC, and leaves nothing behind', async () => {
    const servers = await Promise.all([startPostgres(), startPostgres()]);
    const folders: string[] = [];
    for (const { url, version } of servers) {
      expect(version).toMatch(/^17\./);
      expect(await query(url, 'SHOW TimeZone')).toBe('UTC');
      folders.push(join((await query(url, 'SHOW data_directory')) as string, '..'));
    }
    expect(servers[0].url).not.toBe(servers[1].url);
    for (const server of servers) await server.stop();
    expect(await Promise.all(servers.map(({ url }) => answers(url)))).toEqual([false, false]);
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, false]);
  });

  it.each(['fast', 'immediate'] as const)('keeps what was committed over a restart that is %s', async (mode) => {
    const server = await startPostgres();
    try {
      await query(server.url, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id');
      await server.restart(mode);
      expect(await query(server.url, 'SELECT count(*)::int FROM kept')).toBe(1_000);
    } finally {
      await server.stop();
    }
  });

  it('asks for its password', async () => {
    const server = await startPostgres();
    try {
      const url = new URL(server.url);
      url.password = 'guess';
      await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    } finally {
      await server.stop();
    }
  });

  it('stops when it has ended already, and twice', async () => {
    const server = await startPostgres();
    const pid = Number(await query(server.url, "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"));
    process.kill(pid, 'SIGQUIT');
    await expect.poll(() => answers(server.url)).toBe(false);
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
  });
});

describe('connectPostgres', () => {
  it('leaves a server alone that it did not start', async () => {
    const server = await startPostgres();
    try {
      const connected = await connectPostgres(server.url);
      expect(connected.version).toBe(server.version);
      await expect(connected.restart('fast')).rejects.toThrow('cannot be restarted');
      await connected.stop();
      expect(await answers(server.url)).toBe(true);
    } finally {
      await server.stop();
    }
  });

  it('fails where nothing answers', async () => {
    await expect(connectPostgres('postgres://postgres@127.0.0.1:1/postgres')).rejects.toThrow('ECONNREFUSED');
  });
});
