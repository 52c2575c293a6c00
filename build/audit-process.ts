/**
 * Entry of the thread that runs a projection for an audit: the user's code may loop, end its process or use up its memory,
 * and must not take a command with it. The statements are run by who started it.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { AuditedItem, AuditedTable } from '../contract/audited-item.ts';
import type { Execute, StatementResult } from '../data-api/execute.ts';
import type { createAudit } from '../processor/audit/audit-records.ts';
import { DECLARED_PROJECTIONS } from '../processor/declared-tables.ts';
import type { KinesisRecord } from '../processor/decode/item.ts';
import type { AnyProjection } from '../processor/projection.ts';

/** What the thread is asked, and answered. */
export type AuditRequest =
  | {
      readonly kind: 'audit';
      readonly request: number;
      readonly records: readonly KinesisRecord[];
      readonly compared: readonly boolean[];
    }
  | { readonly kind: 'executed'; readonly call: number; readonly result: StatementResult }
  | { readonly kind: 'failed'; readonly call: number; readonly message: string };

/** What the thread says. */
export type AuditAnswer =
  | { readonly kind: 'ready'; readonly functionName: string; readonly tables: readonly AuditedTable[] }
  | { readonly kind: 'audited'; readonly request: number; readonly items: readonly AuditedItem[] }
  | {
      readonly kind: 'execute';
      readonly call: number;
      readonly sql: string;
      readonly parameters: Readonly<Record<string, string>>;
    }
  /** Request 0 is the start. */
  | { readonly kind: 'thrown'; readonly request: number; readonly message: string };

/** What the bundle of an audit exports: the engine's own code, in the copy that the projection uses. */
interface AuditBundle {
  readonly createAudit: typeof createAudit;
}

const port = parentPort;
if (port === null) throw new Error('this module is the entry of a thread');

const answer = (message: AuditAnswer): void => {
  port.postMessage(message);
};
const answerThrown = (request: number, error: unknown): void => {
  answer({ kind: 'thrown', request, message: error instanceof Error ? error.message : String(error) });
};

const waiting = new Map<number, PromiseWithResolvers<StatementResult>>();
let calls = 0;

const execute: Execute = (sql, parameters = {}) => {
  const pending = Promise.withResolvers<StatementResult>();
  const call = (calls += 1);
  waiting.set(call, pending);
  answer({ kind: 'execute', call, sql, parameters });
  return pending.promise;
};

const projections: AnyProjection[] = [];
Object.defineProperty(globalThis, DECLARED_PROJECTIONS, { value: projections });

const opened = open();
opened.catch((error: unknown) => {
  answerThrown(0, error);
});

async function open() {
  const bundle = (await import(workerData as string)) as AuditBundle;
  const [projection] = projections;
  if (projection === undefined)
    throw new Error('the function has no projection: its handler is not made by `createHandler`');
  const audit = await bundle.createAudit(projection, execute);
  answer({ kind: 'ready', functionName: audit.functionName, tables: audit.tables });
  return audit;
}

port.on('message', (request: AuditRequest) => {
  switch (request.kind) {
    case 'executed':
      waiting.get(request.call)?.resolve(request.result);
      return;
    case 'failed':
      waiting.get(request.call)?.reject(new Error(request.message));
      return;
    case 'audit':
      void audit(request);
  }
});

async function audit({ request, records, compared }: Extract<AuditRequest, { kind: 'audit' }>): Promise<void> {
  try {
    const { audit: run } = await opened;
    answer({ kind: 'audited', request, items: await run(records, (index) => compared[index] === true) });
  } catch (error) {
    answerThrown(request, error);
  }
}
