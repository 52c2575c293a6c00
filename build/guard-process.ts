import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** Standard input ends when this process is gone, in whatever way, `kill -9` included. */
const SCRIPT = 'read -r _; kill -KILL "$1"';

/**
 * Ends a process that runs a user's code as soon as this one is gone: code in an endless loop does not notice that
 * nobody listens any more.
 */
export function guardProcess(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const shell = spawnGuard(SCRIPT, 'process-guard', String(child.pid));
  // Another process may get the id later on.
  child.once('exit', () => shell.kill('SIGKILL'));
}

/**
 * Starts a shell that outlives this process, to clean up behind it. The shell is in a session of its own, which Ctrl-C does
 * not reach, and does not keep this process alive.
 *
 * @param script waits for the end of its standard input, which comes when this process ends in whatever way, `kill -9` included
 * @param name of the shell in a list of processes
 * @param argument of the script, `$1`
 */
export function spawnGuard(script: string, name: string, argument: string): ChildProcessByStdio<Writable, null, null> {
  const shell = spawn('/bin/sh', ['-c', script, name, argument], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  return shell;
}
