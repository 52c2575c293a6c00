import { setTimeout as sleep } from 'node:timers/promises';
import { createWatchMemory } from '../../functions/watchdog/watch-stream.ts';
import { describeMoment } from '../../progress/plain-words.ts';
import { OPS_EXIT_CODES, type OpsExitCode } from '../exit-codes.ts';
import type { OpsConsole } from '../ops-console.ts';
import type { Target } from '../stack/open-target.ts';
import { describeStatus, describeVerdict, statusExitCode } from './describe-status.ts';
import { readStatus, readWatchdogSettings } from './read-status.ts';
import type { StatusOptions } from './status-command.ts';
import type { Status } from './status.ts';

/** Clears a terminal. */
const CLEAR = '\x1b[H\x1b[2J';

/** Where a status is shown. */
export interface StatusConsole extends OpsConsole {
  /** A terminal, which is drawn anew with each look; anywhere else a look is one line. */
  readonly isTerminal: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Says how a stack is, once or again and again.
 *
 * @returns how it was at the last look
 */
export async function runStatus(
  target: Target,
  { watch, every, json }: Pick<StatusOptions, 'watch' | 'every' | 'json'>,
  { say, progress, signal, isTerminal, now }: StatusConsole,
): Promise<OpsExitCode> {
  progress('reading stream, database and alarms');
  const environment = await readWatchdogSettings(target);
  const memory = createWatchMemory();
  let exitCode: OpsExitCode = OPS_EXIT_CODES.cannotSee;
  do {
    const status = await readStatus({ target, environment, memory, now });
    exitCode = statusExitCode(status);
    if (json) say(watch ? JSON.stringify(toJson(status)) : JSON.stringify(toJson(status), null, 2));
    else if (!watch) say(describeStatus(status).join('\n'));
    else if (isTerminal) say(CLEAR + describeStatus(status).join('\n'));
    else say(`${describeMoment(status.nowMs, status)} ${describeVerdict(status, status)}`);
    if (watch) await sleep(1000 * every, undefined, { signal }).catch(() => undefined);
  } while (watch && !signal.aborted);
  return exitCode;
}

/** Times as ISO 8601, and null for what is not known: JSON has no undefined. */
function toJson(status: Status): object {
  return JSON.parse(
    JSON.stringify({ ...status, exitCode: statusExitCode(status) }, (name, value: unknown) => {
      if (value === undefined) return null;
      return typeof value === 'number' && name.endsWith('Ms') ? new Date(value).toISOString() : value;
    }).replaceAll(/"(\w+?)(At)?Ms":/g, '"$1At":'),
  ) as object;
}
