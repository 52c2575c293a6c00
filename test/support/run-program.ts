import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../..');

/** How a program ended. */
export interface ProgramResult {
  /** Whether a process that it started outlived it. */
  readonly leftRunning: boolean;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a test may do while a program runs. */
export interface ProgramOptions {
  /** Sends SIGINT to the program, as Ctrl-C would to the whole group, when its output first shows this text. */
  readonly interruptAt?: string;
  /** Sends SIGINT to the program when it is aborted. */
  readonly interruptOn?: AbortSignal;
  /** Hears all of the output so far, whenever there is more. */
  readonly onOutput?: (stdout: string) => void;
  /** Environment variables beside `PATH`. @defaultValue those of this process */
  readonly env?: Readonly<Record<string, string>>;
  /** Folder with the project. @defaultValue this project */
  readonly root?: string;
}

/** Runs one of the project's programs as a user would, in a process group of its own, to its end. */
export async function runProgram(
  program: string,
  argv: readonly string[],
  { interruptAt, interruptOn, onOutput, env, root = ROOT }: ProgramOptions = {},
): Promise<ProgramResult> {
  const child = spawn(process.execPath, [join(root, program), ...argv], {
    cwd: root,
    detached: true,
    ...(env !== undefined && { env: { PATH: process.env['PATH'], ...env } }),
  });
  let [stdout, stderr] = ['', ''];
  let interrupted = false;
  child.stdout.on('data', (text: Buffer) => {
    stdout += text.toString();
    onOutput?.(stdout);
    if (interruptAt === undefined || interrupted || !stdout.includes(interruptAt)) return;
    interrupted = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
  });
  interruptOn?.addEventListener('abort', () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
  });
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr, leftRunning: child.pid !== undefined && (await outlives(child.pid)) };
}

/** Helpers that end when their parent does need a moment to see it. */
const GRACE_MS = 3_000;

async function outlives(groupId: number): Promise<boolean> {
  for (let waitedMs = 0; isGroupAlive(groupId); waitedMs += 50) {
    if (waitedMs >= GRACE_MS) return true;
    await sleep(50);
  }
  return false;
}

function isGroupAlive(groupId: number): boolean {
  try {
    process.kill(-groupId, 0);
    return true;
  } catch {
    return false;
  }
}
