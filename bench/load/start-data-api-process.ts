import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DataApiServerOptions } from '../../local/data-api/data-api-server-options.ts';
import type { DataApiServer } from '../../local/data-api/start-data-api-server.ts';

/** Options that can be told to another process. */
export type DataApiProcessOptions = Omit<DataApiServerOptions, 'faults'>;

/** What the process says when it serves. */
export type ReadyAnswer = Pick<DataApiServer, 'endpoint' | 'region' | 'resourceArn' | 'secretArn'>;

/** What the process answers to any message. */
export interface HeapAnswer {
  readonly heapBytes: number;
}

/** A Data API server in a process of its own, so that its heap is nobody else's. */
export interface DataApiProcess extends ReadyAnswer {
  /** Bytes in use on its heap after a full collection. */
  readonly heapBytes: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/**
 * Starts the server and waits until it serves.
 *
 * @throws Error if the process ends instead of answering
 */
export async function startDataApiProcess(options: DataApiProcessOptions): Promise<DataApiProcess> {
  const script = fileURLToPath(new URL('data-api-process.ts', import.meta.url));
  const child = fork(script, [JSON.stringify(options)], { execArgv: ['--expose-gc'] });
  const exited = once(child, 'exit');
  const ready = (await answerOf(child)) as ReadyAnswer;
  return {
    ...ready,
    heapBytes: async () => {
      const answer = answerOf(child);
      child.send('heap');
      return ((await answer) as HeapAnswer).heapBytes;
    },
    close: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** The next message; a process that ends gives none. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const ending = new AbortController();
  const end = (code: number | null): void => {
    ending.abort(new Error(`the Data API server's process ended with exit code ${code ?? 'none'}`));
  };
  child.once('exit', end);
  try {
    const [message] = (await once(child, 'message', { signal: ending.signal })) as [unknown];
    return message;
  } finally {
    child.off('exit', end);
  }
}
