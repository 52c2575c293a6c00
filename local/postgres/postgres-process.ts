import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';

/** The user a child process runs as; empty for the user of this process. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

/** What it takes to start the server program. */
export interface PostgresCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly runAs: RunAs;
}

/** Printed by PostgreSQL, in English because `lc_messages` is C. */
const READY = 'database system is ready to accept connections';

/** Enough of the end of the log to explain why a server did not start. */
const LOG_TAIL_CHARACTERS = 2_000;

/**
 * Starts the server program and resolves once it takes connections.
 *
 * It gets its own process group: a Ctrl-C in the terminal reaches this process only, which then stops PostgreSQL
 * after the last statement instead of losing it in mid-flight.
 *
 * @throws Error with the end of its log if it ends before that.
 */
export async function startPostgresProcess(command: PostgresCommand): Promise<ChildProcess> {
  const child = spawn(command.program, command.args, {
    ...command.runAs,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await untilReady(child);
  // From here on the log is read and dropped: a full pipe would stop the server.
  child.stderr.removeAllListeners('data').resume();
  // A forgotten server must not hold the process; the watchdog ends it.
  child.unref();
  if (child.stderr instanceof Socket) child.stderr.unref();
  return child;
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-LOG_TAIL_CHARACTERS);
      if (log.includes(READY)) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`PostgreSQL ended with code ${code ?? 'none'} before it was ready: ${log.trim()}`));
    });
  });
}

/** Ends the server with `signal` and waits until it is gone; fine if it already is. */
export async function endPostgresProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.ref();
  child.kill(signal);
  await gone;
}
