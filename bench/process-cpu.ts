import { readFile } from 'node:fs/promises';
import type pg from 'pg';

/**
 * CPU time of a process, from `/proc`: of a database's backend there is no other way to it.
 *
 * @param pid a process of this machine
 * @returns seconds that all of its threads ran, to the nanosecond; 0 when it is gone
 * @throws Error where there is no `/proc`, as on macOS
 */
export async function cpuSeconds(pid: number): Promise<number> {
  try {
    const [nanoseconds = ''] = (await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ');
    return Number(nanoseconds) / 1e9;
  } catch (cause) {
    if (process.platform === 'linux') return 0;
    throw new Error('the CPU of a database can only be read on Linux', { cause });
  }
}

/** Process of the backend that serves a connection. */
export async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? NaN;
}

/**
 * CPU time of all backends that serve the Data API, which keeps them for a while after a call.
 *
 * @param client a connection of its own, which does not count
 * @returns seconds by process
 */
export async function backendCpu(client: pg.Client): Promise<ReadonlyMap<number, number>> {
  const { rows } = await client.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()`,
  );
  return new Map(await Promise.all(rows.map(async ({ pid }) => [pid, await cpuSeconds(pid)] as const)));
}

/** What backends worked between two looks, in seconds; one that came meanwhile counts from its start. */
export function cpuBetween(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  return [...after].reduce((sum, [pid, seconds]) => sum + seconds - (before.get(pid) ?? 0), 0);
}
