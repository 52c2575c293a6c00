import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { DeclaredTable } from '../contract/declared-tables.ts';
import { DEFAULT_ENVIRONMENT, processorEnvironment } from '../contract/environment.ts';
import { reservedVariables } from '../contract/reserved-variables.ts';
import { guardProcess } from './guard-process.ts';
import type { LoadOutcome } from './load-bundle-process.ts';

const PROCESS_ENTRY = join(import.meta.dirname, `load-bundle-process${extname(import.meta.filename)}`);

/**
 * Lambda gives a function this long to load.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html}
 */
const INIT_TIMEOUT_MS = 10_000;

/** Output that was on its way when the process ended has come by then. */
const LAST_OUTPUT_MS = 1_000;

/** Exit code of Node.js for a top-level `await` that never settles. */
const UNSETTLED_AWAIT = 13;

/** More parameters than `(event, context)` ask for a callback, which Lambda's Node.js 24 no longer has. */
const MAX_HANDLER_PARAMETERS = 2;

/** A module that ends the process may have said why; more would hide the message. */
const MAX_OUTPUT_LINES = 5;

/** A bundle on the disk. */
export interface WrittenBundle {
  /** Path of the handler module, relative to the project's folder. */
  readonly entry: string;
  /** Folder with `index.mjs` and its source map. */
  readonly directory: string;
}

/** How a bundle loaded. */
export interface LoadedBundle {
  /** Everything that keeps it from being used, one sentence each; empty when its handler can be invoked. */
  readonly problems: readonly string[];
  /** The tables that its projections declare. */
  readonly tables: readonly DeclaredTable[];
}

/** Loads a bundle once, in a process of its own with a made-up environment, as an execution environment would. */
export async function loadBundle(bundle: WrittenBundle): Promise<LoadedBundle> {
  const ended = await runLoading(bundle);
  const tables = ended.outcome?.kind === 'loaded' ? ended.outcome.tables : [];
  return { problems: problemsOf(ended, bundle), tables };
}

function problemsOf(ended: EndedLoading, bundle: WrittenBundle): readonly string[] {
  const { entry } = bundle;
  if (ended.isTimedOut) {
    const seconds = INIT_TIMEOUT_MS / 1000;
    return [
      `${entry}: must load within the ${seconds} s that Lambda allows, got no end; look for an endless loop or wait`,
    ];
  }
  if (ended.outcome === undefined) {
    const end = ended.signal === null ? `exit code ${ended.exitCode ?? 0}` : `signal ${ended.signal}`;
    return [`${entry}: must load, but its process ended with ${end} meanwhile`];
  }
  return describeOutcome(ended.outcome, bundle, ended.output);
}

/** How the process that loaded the bundle ended. */
interface EndedLoading {
  /** What it said; `undefined` when it did not get to say anything. */
  readonly outcome: LoadOutcome | undefined;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly isTimedOut: boolean;
  /** What the module wrote. */
  readonly output: string;
}

async function runLoading({ directory, entry }: WrittenBundle): Promise<EndedLoading> {
  const url = pathToFileURL(join(directory, 'index.mjs')).href;
  const child = spawn(process.execPath, ['--enable-source-maps', PROCESS_ENTRY, url], {
    cwd: directory,
    env: placeholderEnvironment(entry, directory),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  guardProcess(child);
  const answerPipe = child.stdio[3] as Readable;
  const answer = collect(answerPipe);
  const output = collect(child.stdout, child.stderr);
  let isTimedOut = false;
  let timer: NodeJS.Timeout | undefined;
  answerPipe.once('data', () => {
    timer = setTimeout(() => {
      isTimedOut = child.kill('SIGKILL');
    }, INIT_TIMEOUT_MS);
  });
  const closed = once(child, 'close');
  const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  await Promise.race([closed, sleep(LAST_OUTPUT_MS, undefined, { ref: false })]);
  // A process that the module started may still hold them.
  for (const stream of child.stdio) stream?.destroy();
  const said = answer().trimStart();
  const outcome = said === '' ? undefined : (JSON.parse(said) as LoadOutcome);
  return { outcome, exitCode, signal, isTimedOut, output: output() };
}

function collect(...streams: readonly (Readable | null)[]): () => string {
  const chunks: Buffer[] = [];
  for (const stream of streams) stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

/** What the function finds on Lambda, with a database that does not exist: nothing may be called while loading. */
export function placeholderEnvironment(entry: string, directory: string): Record<string, string> {
  const functionName = entry.split('/').at(-2) ?? '';
  const account = 'us-east-1:000000000000';
  return {
    ...processorEnvironment.encode({
      ...DEFAULT_ENVIRONMENT,
      clusterArn: `arn:aws:rds:${account}:cluster:none`,
      secretArn: `arn:aws:secretsmanager:${account}:secret:none`,
      database: 'none',
    }),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    ...reservedVariables({
      functionName,
      functionVersion: '1',
      memoryMb: 128,
      handler: 'index.handler',
      taskRoot: directory,
    }),
  };
}

function describeOutcome(outcome: LoadOutcome, { entry, directory }: WrittenBundle, output: string): string[] {
  switch (outcome.kind) {
    case 'loaded':
      return handlerProblems(outcome, entry);
    case 'refused': {
      const place = placeIn(outcome.stack, { entry, directory }) ?? entry;
      return outcome.problems.map((problem) => `${place}: ${outcome.errorType}: ${problem}`);
    }
    case 'thrown': {
      const place = placeIn(outcome.stack, { entry, directory }) ?? entry;
      const advice = 'correct this line, or move what it does into the handler';
      return [`${place}: must load without an exception, got ${outcome.errorType}: ${outcome.message}; ${advice}`];
    }
    case 'exited':
      return [describeExit(outcome, placeIn(outcome.stack, { entry, directory }) ?? entry, output)];
  }
}

function handlerProblems(outcome: Extract<LoadOutcome, { kind: 'loaded' }>, entry: string): string[] {
  const { exports, handler, parameters } = outcome;
  if (handler !== 'function') {
    const others = exports.length === 0 ? 'no exports' : `exports ${exports.join(', ')}`;
    const got = exports.includes('handler') ? `a \`handler\` of type ${handler}` : others;
    const advice = 'write `export const handler = createHandler(PROJECTION);`';
    return [`${entry}: must export a function named \`handler\`, got ${got}; ${advice}`];
  }
  if (parameters <= MAX_HANDLER_PARAMETERS) return nameProblems(outcome, entry);
  return [
    ...nameProblems(outcome, entry),
    `${entry}: \`handler\` must take (event, context), got ${parameters} parameters; ` +
      'Node.js 24 on Lambda has no callback, so return a promise',
  ];
}

/** Ledger, quarantine and roles go by the projection's name, stack and watchdog by the folder's. */
function nameProblems({ projections }: Extract<LoadOutcome, { kind: 'loaded' }>, entry: string): string[] {
  const folder = basename(dirname(resolve(entry)));
  if (projections.length === 0 || projections.includes(folder)) return [];
  const names = projections.map((name) => JSON.stringify(name)).join(', ');
  return [`${entry}: the projection must have the name of its folder, ${JSON.stringify(folder)}, got ${names}`];
}

function describeExit(
  { exitCode, stack }: Extract<LoadOutcome, { kind: 'exited' }>,
  place: string,
  output: string,
): string {
  if (exitCode === UNSETTLED_AWAIT && !stack.includes('process.exit')) {
    return `${place}: must load, but a top-level \`await\` never settles; wait for something that happens, or in the handler`;
  }
  const lines = output.trim().split('\n').slice(-MAX_OUTPUT_LINES);
  const said = output.trim() === '' ? '' : `; before that it wrote:\n${lines.join('\n')}`;
  return `${place}: must load, but it ended the process with exit code ${exitCode}; throw an error instead${said}`;
}

/** The first line of a trace that is in the source of the function, or beside its folder: `path:line:column`. */
function placeIn(stack: string, { entry, directory }: WrittenBundle): string | undefined {
  const beside = join(dirname(entry), '..');
  for (const [, path = '', line, column] of stack.matchAll(/\(?((?:file:\/\/)?\/[^():]+):(\d+):(\d+)\)?$/gm)) {
    // The source map has paths that begin one folder above the bundle.
    const source = relative(join(directory, '..'), path.startsWith('file:') ? fileURLToPath(path) : path);
    if (isBelow(source, beside)) return `${source}:${line ?? ''}:${column ?? ''}`;
  }
  return undefined;
}

function isBelow(source: string, folder: string): boolean {
  return !source.includes('node_modules') && (folder === '.' || source.startsWith(`${folder}/`));
}
