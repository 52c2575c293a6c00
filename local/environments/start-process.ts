import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { guardProcess } from '../../build/guard-process.ts';
import { reservedVariables } from '../../contract/reserved-variables.ts';
import { buildSync } from 'esbuild';
import type { EnvironmentCrash, LogFormat } from './environment-protocol.ts';

/** What an execution environment is made of. */
export interface EnvironmentConfiguration {
  readonly id: string;
  /** What {@link writeProcessEntry} wrote. */
  readonly entryPath: string;
  /** Absolute. */
  readonly bundlePath: string;
  readonly handlerName: string;
  readonly functionName: string;
  readonly functionVersion: string;
  /** Alias-qualified, as the mapping invokes it. */
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly logFormat: LogFormat;
  readonly onLog: (line: string, environmentId: string) => void;
  readonly onCrash: (crash: EnvironmentCrash) => void;
  /** Milliseconds since 1970, as the environment knows them. */
  readonly now: () => number;
}

const PROCESS_ENTRY = join(import.meta.dirname, `environment-process${extname(import.meta.filename)}`);

let compiledEntry: string | undefined;

/**
 * Writes the entry of the processes as JavaScript: one that strips types itself needs twice the time to start, and 18 MB
 * that a function has on Lambda.
 *
 * @returns path of the file, in a folder of its own
 */
export function writeProcessEntry(): string {
  compiledEntry ??= compileEntry();
  const path = join(mkdtempSync(join(tmpdir(), 'kinesis-to-aurora-runtime-')), 'index.mjs');
  writeFileSync(path, compiledEntry);
  return path;
}

function compileEntry(): string {
  const { outputFiles } = buildSync({
    entryPoints: [PROCESS_ENTRY],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
  });
  return outputFiles[0]?.text ?? '';
}

/** Starts the process of an environment, which loads the code at once. */
export function startProcess(configuration: EnvironmentConfiguration): ChildProcess {
  const { id, bundlePath, environment, memoryMb, onLog } = configuration;
  const child = spawn(process.execPath, [...heapFlags(memoryMb), configuration.entryPath], {
    // Where there is no folder there is no code, which is for the runtime to say.
    cwd: existsSync(dirname(bundlePath)) ? dirname(bundlePath) : undefined,
    env: { ...environment, ...variablesOfLambda(configuration) },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // Ctrl-C is for this process, which lets the batches under way come to their end.
    detached: true,
  });
  guardProcess(child);
  const forward = (line: string): void => {
    onLog(line, id);
  };
  if (child.stdout !== null) forwardLines(child.stdout, forward);
  if (child.stderr !== null) forwardLines(child.stderr, forward);
  return child;
}

/** Lambda starts Node.js with a semi-space of a twentieth of the function's memory and nine tenths for the old generation. */
function heapFlags(memoryMb: number): readonly string[] {
  const newSpaceMb = Math.floor(memoryMb / 10);
  return [`--max-semi-space-size=${Math.floor(newSpaceMb / 2)}`, `--max-old-space-size=${memoryMb - newSpaceMb}`];
}

function variablesOfLambda(configuration: EnvironmentConfiguration): Readonly<Record<string, string>> {
  const { bundlePath, handlerName, functionVersion, logFormat } = configuration;
  const handler = `${basename(bundlePath, extname(bundlePath))}.${handlerName}`;
  return {
    ...reservedVariables({ ...configuration, handler, taskRoot: dirname(bundlePath) }),
    ...(logFormat === 'JSON' && { AWS_LAMBDA_LOG_FORMAT: 'JSON' }),
    AWS_LAMBDA_LOG_STREAM_NAME: newLogStreamName(functionVersion),
  };
}

function newLogStreamName(functionVersion: string): string {
  const day = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length).replaceAll('-', '/');
  return `${day}/[${functionVersion}]${randomBytes(16).toString('hex')}`;
}

/**
 * Hands over what a stream brings line by line; an unfinished last line counts as one. Only line feeds end a line, as in
 * a log stream: JSON may hold other separators as they are.
 */
export function forwardLines(stream: Readable, onLine: (line: string) => void): void {
  let unfinished = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = text.split('\n');
    lines[0] = unfinished + (lines[0] ?? '');
    unfinished = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => {
    if (unfinished !== '') onLine(unfinished);
  });
}
