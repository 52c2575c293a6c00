import { once } from 'node:events';
import { spawnGuard } from '../../build/guard-process.ts';

/**
 * Waits for the end of its standard input, which comes when the parent ends in whatever way, `kill -9` included;
 * then ends the server by the id in its lock file and removes the folder.
 */
const SCRIPT = `
trap '' INT TERM HUP
cat > /dev/null
if [ -f "$1/data/postmaster.pid" ]; then
  pid=$(head -n 1 "$1/data/postmaster.pid")
  kill -QUIT "$pid" 2> /dev/null
  for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2> /dev/null || break; sleep 0.2; done
fi
rm -rf "$1"
`;

/**
 * Guards a server against outliving this process: a shell in its own process group that removes the server and its
 * `folder` once this process is gone.
 *
 * @returns Dismisses the guard, after the folder is removed.
 */
export function startWatchdog(folder: string): () => Promise<void> {
  const shell = spawnGuard(SCRIPT, 'postgres-watchdog', folder);
  return async () => {
    if (shell.exitCode !== null || shell.signalCode !== null || shell.pid === undefined) return;
    const gone = once(shell, 'exit');
    shell.ref();
    shell.stdin.end();
    await gone;
  };
}
