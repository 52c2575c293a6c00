import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { LOCAL_CREDENTIALS } from '../local-credentials.ts';

/** What the emulator process reports for each server it opens: the port it was told and the port it got. */
export interface EmulatorListening {
  readonly requestedPort: number;
  readonly port: number;
}

/** How the emulator is started; everything has a default. */
export interface KinesisEmulatorOptions {
  /** Region of the streams. @defaultValue 'us-east-1' */
  readonly region?: string;
  /** Account of the streams, 12 digits. @defaultValue '000000000000' */
  readonly accountId?: string;
  /** Open shards over all streams that the emulator allows. @defaultValue 500 */
  readonly shardLimit?: number;
  /** Milliseconds until the emulator must be ready. @defaultValue 30000 */
  readonly readyTimeoutMs?: number;
  /** Further environment variables of its process, such as those of a virtual clock. @defaultValue none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A running Kinesis emulator that the real AWS SDK talks to. */
export interface KinesisEmulator {
  /** Base URL, plain HTTP on 127.0.0.1. */
  readonly endpoint: string;
  /** Region the clients are made for. */
  readonly region: string;
  /** Process id of the emulator. */
  readonly pid: number;
  /** A new client; whoever asked for it destroys it. */
  client(): KinesisClient;
  /** Ends the process and waits until it is gone; does nothing when it has already ended. */
  stop(): Promise<void>;
}

const PROCESS_ENTRY = join(import.meta.dirname, `emulator-process${extname(import.meta.filename)}`);

/** The emulator takes no port 0, so the two servers carry these marks and get free ports in their place. */
const TLS_PORT_MARK = 1;
const PLAIN_PORT_MARK = 2;

/** Output kept for the error message of an emulator that fails, in characters. */
const OUTPUT_KEPT = 4_000;

/** Time until a created, split or merged stream is ACTIVE again. */
const TRANSITION = '20ms';

/** Operations of the emulator that take an artificial time, named as its environment variables are. */
const TRANSITIONS = [
  'CREATE_STREAM',
  'DELETE_STREAM',
  'SPLIT_SHARD',
  'MERGE_SHARDS',
  'UPDATE_SHARD_COUNT',
  'UPDATE_STREAM_MODE',
  'REGISTER_STREAM_CONSUMER',
  'DEREGISTER_STREAM_CONSUMER',
  'START_STREAM_ENCRYPTION',
  'STOP_STREAM_ENCRYPTION',
] as const;

/**
 * Starts the `kinesis-local` emulator as a child process, on a free port of 127.0.0.1, and waits until it answers.
 *
 * @throws Error with the emulator's output when it ends or stays silent before it is ready
 */
export async function startKinesis(options: KinesisEmulatorOptions = {}): Promise<KinesisEmulator> {
  const region = options.region ?? 'us-east-1';
  const child = fork(PROCESS_ENTRY, {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { PATH: process.env['PATH'], ...options.environment, ...emulatorEnvironment(options, region) },
  });
  const output = captureOutput(child);
  try {
    const port = await listeningPort(child, options.readyTimeoutMs ?? 30_000);
    const endpoint = `http://127.0.0.1:${port}`;
    return {
      endpoint,
      region,
      pid: child.pid ?? 0,
      client: () => createClient(endpoint, region),
      stop: () => stopChild(child),
    };
  } catch (cause) {
    await stopChild(child);
    throw new Error(`the Kinesis emulator did not start: ${String(cause)}\n${output()}`, { cause });
  }
}

function emulatorEnvironment(options: KinesisEmulatorOptions, region: string): NodeJS.ProcessEnv {
  return {
    KINESIS_MOCK_TLS_PORT: String(TLS_PORT_MARK),
    KINESIS_MOCK_PLAIN_PORT: String(PLAIN_PORT_MARK),
    // Read relative to the working directory unless absolute, and the emulator does not start without it.
    KINESIS_MOCK_CERT_PATH: createRequire(import.meta.url).resolve('kinesis-local/server.json'),
    SHARD_LIMIT: String(options.shardLimit ?? 500),
    AWS_REGION: region,
    AWS_ACCOUNT_ID: options.accountId ?? '000000000000',
    LOG_LEVEL: 'ERROR',
    ROOT_LOG_LEVEL: 'ERROR',
    ...Object.fromEntries(TRANSITIONS.map((name) => [`${name}_DURATION`, TRANSITION])),
  };
}

function createClient(endpoint: string, region: string): KinesisClient {
  return new KinesisClient({
    endpoint,
    region,
    // The access key is no account id, so the emulator uses its default account.
    credentials: LOCAL_CREDENTIALS,
    // The SDK speaks HTTP/2 to Kinesis; the emulator's HTTP/2 breaks off larger exchanges with a protocol error.
    requestHandler: new NodeHttpHandler(),
  });
}

function captureOutput(child: ChildProcess): () => string {
  let kept = '';
  const keep = (text: unknown): void => {
    kept = (kept + String(text)).slice(-OUTPUT_KEPT);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => kept;
}

function listeningPort(child: ChildProcess, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`it was not ready within ${timeoutMs} ms`));
    }, timeoutMs);
    child.on('message', ({ requestedPort, port }: EmulatorListening) => {
      if (requestedPort !== PLAIN_PORT_MARK) return;
      clearTimeout(timer);
      resolve(port);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`it ended with ${signal ?? `exit code ${String(code)}`}`));
    });
  });
}

/** Nothing in the emulator is worth an orderly end, which it takes seconds for while clients are connected. */
async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
