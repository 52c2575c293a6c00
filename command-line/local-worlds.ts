import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCAL_WORLD_PATH, type LocalWorld } from '../contract/local-world.ts';

/** A world that is busy answers late. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Folder in which the worlds of this user announce themselves, one file each, named after the process. */
export function localWorldsFolder(): string {
  return join(tmpdir(), `kinesis-to-aurora-${process.getuid?.() ?? 'worlds'}`);
}

/**
 * Announces a world to the commands of this user.
 *
 * @returns takes the announcement back
 */
export async function announceLocalWorld(world: LocalWorld): Promise<AsyncDisposable> {
  const folder = localWorldsFolder();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${world.pid}.json`);
  await writeFile(path, `${JSON.stringify(world, null, 2)}\n`, { mode: 0o600 });
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

/**
 * Finds the worlds of this user that run, the oldest first. A file whose world is gone is removed: it was ended before
 * it could do so itself.
 */
export async function findLocalWorlds(): Promise<readonly LocalWorld[]> {
  const folder = localWorldsFolder();
  const names = await readdir(folder).catch(() => []);
  const worlds = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readLocalWorld(join(folder, name))),
  );
  return worlds.filter((world) => world !== undefined).sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
}

async function readLocalWorld(path: string): Promise<LocalWorld | undefined> {
  const world = parseLocalWorld(await readFile(path, 'utf8').catch(() => ''));
  if (world !== undefined && isRunning(world.pid)) return (await answers(world)) ? world : undefined;
  await rm(path, { force: true });
  return undefined;
}

/** Undefined for what is no world of this machine: a command must not be led anywhere else. */
function parseLocalWorld(text: string): LocalWorld | undefined {
  try {
    const world = JSON.parse(text) as LocalWorld;
    const urls: readonly (string | undefined)[] = Object.values(world.endpoints);
    const isLocal = urls.every((url) => url === undefined || new URL(url).hostname === '127.0.0.1');
    return isLocal && Number.isInteger(world.pid) ? world : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process may be another one by now, with the number of the one that has ended. */
async function answers({ endpoints, pid, startedAt }: LocalWorld): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const response = await fetch(endpoints.others + LOCAL_WORLD_PATH, { signal });
    const world = (await response.json()) as Partial<LocalWorld>;
    return world.pid === pid && world.startedAt === startedAt;
  } catch {
    return false;
  }
}
