import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

/** Standard input ends when this process is gone, in whatever way, `kill -9` included. */
const SCRIPT = 'read -r _; kill -KILL "$1"';

/**
 * Ends a process that runs a user's code as soon as this one is gone: code in an endless loop does not notice that
 * nobody listens any more. The guard is a shell in a session of its own, which Ctrl-C does not reach.
 */
export function guardProcess(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'process-guard', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  // Another process may get the id later on.
  child.once('exit', () => shell.kill('SIGKILL'));
}
