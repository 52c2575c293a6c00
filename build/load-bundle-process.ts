/**
 * Entry of the process that loads a bundle as Lambda does, and says how that went. It answers on a pipe of its own:
 * standard output belongs to the function.
 *
 * @module
 */
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DeclaredTable } from '../contract/declared-tables.ts';
import { DECLARED_PROJECTIONS, declaredTables } from '../processor/declared-tables.ts';
import type { AnyProjection } from '../processor/projection.ts';

/** How the loading of a bundle ended, as far as its process can say. */
export type LoadOutcome =
  /** The module has loaded; `handler` is the type of what it exports under this name. */
  | {
      readonly kind: 'loaded';
      readonly exports: readonly string[];
      readonly handler: string;
      readonly parameters: number;
      /** Names of its projections. */
      readonly projections: readonly string[];
      /** What the projections of the function declare. */
      readonly tables: readonly DeclaredTable[];
    }
  /** The engine found the projection or the environment unusable, and says why. */
  | {
      readonly kind: 'refused';
      readonly errorType: string;
      readonly problems: readonly string[];
      readonly stack: string;
    }
  /** Something else was thrown, or rejected and not caught. */
  | { readonly kind: 'thrown'; readonly errorType: string; readonly message: string; readonly stack: string }
  /** The process ended; `stack` says who ended it, unless nothing was left to do. */
  | { readonly kind: 'exited'; readonly exitCode: number; readonly stack: string };

/** Two lines: an empty one when loading begins, which starts the clock, and the outcome. */
const ANSWER_PIPE = 3;

let hasAnswered = false;

function answer(outcome: LoadOutcome): void {
  if (hasAnswered) return;
  hasAnswered = true;
  writeSync(ANSWER_PIPE, JSON.stringify(outcome));
}

function describeThrown(thrown: unknown): LoadOutcome {
  if (!(thrown instanceof Error)) {
    return { kind: 'thrown', errorType: typeof thrown, message: String(thrown), stack: '' };
  }
  const { name: errorType, message, stack = '' } = thrown;
  // Not by class: the bundle has a copy of its own.
  return 'problems' in thrown
    ? { kind: 'refused', errorType, problems: thrown.problems as readonly string[], stack }
    : { kind: 'thrown', errorType, message, stack };
}

function answerThrown(thrown: unknown): never {
  answer(describeThrown(thrown));
  process.exit();
}

/** Lambda's runtime also looks into an object that is the default export. */
function memberOf(defaultExport: unknown): unknown {
  return typeof defaultExport === 'object' && defaultExport !== null && 'handler' in defaultExport
    ? defaultExport.handler
    : undefined;
}

// What a library throws may be far away from the line of the function that led to it.
Error.stackTraceLimit = 100;
process.on('uncaughtException', answerThrown);
process.on('exit', (exitCode) => {
  answer({ kind: 'exited', exitCode, stack: new Error().stack ?? '' });
});

const projections: AnyProjection[] = [];
Object.defineProperty(globalThis, DECLARED_PROJECTIONS, { value: projections });
writeSync(ANSWER_PIPE, '\n');
const bundle = (await import(process.argv[2] ?? '').catch(answerThrown)) as Readonly<Record<string, unknown>>;
// One turn, for what the module left behind to fail: Lambda's runtime has not taken the first batch by then.
await nextTurn();
const handler = bundle['handler'] ?? memberOf(bundle['default']);
const parameters = typeof handler === 'function' ? handler.length : 0;
const tables = projections.flatMap(declaredTables);
const names = projections.map(({ name }) => name);
answer({
  kind: 'loaded',
  exports: Object.keys(bundle),
  handler: typeof handler,
  parameters,
  projections: names,
  tables,
});
process.exit();
