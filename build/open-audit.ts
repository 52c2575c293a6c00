import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { AuditedItem, AuditedTable } from '../contract/audited-item.ts';
import type { Execute } from '../data-api/execute.ts';
import type { KinesisRecord } from '../processor/decode/item.ts';
import type { AuditAnswer, AuditRequest } from './audit-process.ts';
import { bundleFunction } from './bundle-function.ts';
import { FRAMEWORK_ROOT, type FunctionFolder } from './function-folder.ts';
import { placeholderEnvironment } from './load-bundle.ts';

const EXTENSION = extname(import.meta.filename);
const PROCESS_ENTRY = join(import.meta.dirname, `audit-process${EXTENSION}`);

/** As a batch takes, and far more: what runs longer than this without asking the database never ends. */
const SILENCE_MS = 30_000;

/** Thrown when the projection's code ended the thread it ran in, or did not come to an end. */
export class AuditEndedError extends Error {
  override readonly name = 'AuditEndedError';
}

/** A projection that says what became of records. */
export interface OpenAudit extends AsyncDisposable {
  /** Name of the projection. */
  readonly functionName: string;
  readonly tables: readonly AuditedTable[];
  /**
   * Looks for the events of records of one shard, in stream order; one call after the other.
   *
   * @param compared whether the rows of each record are compared with the tables
   * @throws {@link AuditEndedError} when the projection's code ended its thread, and what `execute` throws
   */
  readonly audit: (records: readonly KinesisRecord[], compared: readonly boolean[]) => Promise<readonly AuditedItem[]>;
}

/**
 * Bundles a function together with the code of an audit, so that both use one copy of the engine, and loads it in a
 * thread of its own.
 *
 * @param folder of the function
 * @param execute runs the statements of the audit
 * @throws BundleError when the source does not bundle, and what `execute` throws
 */
export async function openAudit(folder: FunctionFolder, execute: Execute): Promise<OpenAudit> {
  await using opening = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'kinesis-to-aurora-audit-'));
  opening.defer(() => rm(directory, { recursive: true, force: true }));
  const bundlePath = await writeAuditBundle(folder, directory);
  const start = (): AuditThread => new AuditThread(bundlePath, { entry: folder.entry, execute });
  let thread = start();
  opening.defer(() => thread.end());
  const { functionName, tables } = await thread.ready;
  const opened = opening.move();
  return {
    functionName,
    tables,
    audit: async (records, compared) => {
      try {
        return await thread.audit(records, compared);
      } catch (error) {
        if (error instanceof AuditEndedError) {
          await thread.end();
          thread = start();
          await thread.ready;
        }
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The bundler resolves the packages of the function's project from where its handler is. */
async function writeAuditBundle({ entry }: FunctionFolder, directory: string): Promise<string> {
  const audit = join(FRAMEWORK_ROOT, `processor/audit/audit-records${EXTENSION}`);
  const entryPath = join(directory, 'entry.mjs');
  await writeFile(
    entryPath,
    [`import ${JSON.stringify(resolve(entry))};`, `export { createAudit } from ${JSON.stringify(audit)};`].join('\n'),
  );
  const { code } = await bundleFunction(entryPath);
  const bundlePath = join(directory, 'index.mjs');
  await writeFile(bundlePath, code);
  return bundlePath;
}

interface ThreadOptions {
  /** Path of the handler module. */
  readonly entry: string;
  readonly execute: Execute;
}

/** The thread, and what it was asked last. */
class AuditThread {
  /** What it says once the projection is loaded. */
  readonly ready: Promise<Extract<AuditAnswer, { kind: 'ready' }>>;
  readonly #worker: Worker;
  readonly #execute: Execute;
  readonly #opening = Promise.withResolvers<Extract<AuditAnswer, { kind: 'ready' }>>();
  #asked: PromiseWithResolvers<readonly AuditedItem[]> | undefined;
  #request = 0;
  #silence: NodeJS.Timeout | undefined;

  constructor(bundlePath: string, { entry, execute }: ThreadOptions) {
    this.#execute = execute;
    this.ready = this.#opening.promise;
    this.#worker = new Worker(PROCESS_ENTRY, {
      workerData: pathToFileURL(bundlePath).href,
      env: placeholderEnvironment(entry, dirname(bundlePath)),
      // What the function writes is no answer of the command.
      stdout: true,
      stderr: true,
    });
    this.#worker.on('message', (message: AuditAnswer) => {
      this.#hear(message);
    });
    this.#worker.on('error', (error) => {
      this.#fail(new AuditEndedError(`the projection ended its thread: ${String(error)}`));
    });
    this.#worker.on('exit', () => {
      this.#fail(new AuditEndedError('the projection ended its thread'));
    });
    this.#expectAnswer();
  }

  async audit(records: readonly KinesisRecord[], compared: readonly boolean[]): Promise<readonly AuditedItem[]> {
    this.#asked = Promise.withResolvers();
    this.#request += 1;
    this.#expectAnswer();
    this.#worker.postMessage({ kind: 'audit', request: this.#request, records, compared } satisfies AuditRequest);
    return this.#asked.promise;
  }

  async end(): Promise<void> {
    clearTimeout(this.#silence);
    // Nobody asks any more.
    this.ready.catch(() => undefined);
    await this.#worker.terminate();
  }

  #hear(message: AuditAnswer): void {
    clearTimeout(this.#silence);
    switch (message.kind) {
      case 'ready':
        this.#opening.resolve(message);
        return;
      case 'audited':
        this.#asked?.resolve(message.items);
        return;
      case 'thrown':
        // What failed before was told when it did.
        if (message.request === this.#request) this.#fail(new Error(message.message));
        return;
      case 'execute':
        void this.#run(message);
    }
  }

  async #run({ call, sql, parameters }: Extract<AuditAnswer, { kind: 'execute' }>): Promise<void> {
    try {
      const result = await this.#execute(sql, parameters);
      this.#expectAnswer();
      this.#worker.postMessage({ kind: 'executed', call, result } satisfies AuditRequest);
    } catch (error) {
      // Whoever asked hears what the database said, and not what the thread makes of it.
      this.#fail(error);
      this.#worker.postMessage({ kind: 'failed', call, message: String(error) } satisfies AuditRequest);
    }
  }

  #expectAnswer(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      const seconds = SILENCE_MS / 1000;
      this.#fail(new AuditEndedError(`the projection did not come to an end within ${seconds} s`));
    }, SILENCE_MS);
  }

  #fail(error: unknown): void {
    clearTimeout(this.#silence);
    this.#opening.reject(error);
    this.#asked?.reject(error);
  }
}
