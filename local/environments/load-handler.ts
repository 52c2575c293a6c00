import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  CallbackHandlerDeprecatedError,
  HandlerNotFoundError,
  ImportModuleError,
  UserCodeSyntaxError,
} from './runtime-errors.ts';

/** What a function exports as its handler. */
export type Handler = (event: unknown, context: unknown) => unknown;

/** Where Lambda looks for a module. */
const EXTENSIONS = ['', '.js', '.mjs', '.cjs'];

/** More parameters than event and context: a handler that calls back. */
const CALLBACK_PARAMETERS = 3;

/**
 * Loads the code of a function and finds its handler, with the errors of Lambda's runtime for Node.js 24.
 *
 * @param taskRoot folder of the code
 * @param handlerName `module.export`, or `module.member.of.an.export`; also looked for in the default export
 * @throws what the code throws while it is loaded, or an error named `Runtime.…`
 */
export async function loadHandler(taskRoot: string, handlerName: string): Promise<Handler> {
  const [moduleName = '', ...path] = handlerName.split('.');
  const module = await importModule(taskRoot, moduleName);
  const handler = memberOf(module, path) ?? memberOf(memberOf(module, ['default']), path);
  if (!handler) throw new HandlerNotFoundError(`${handlerName} is undefined or not exported`);
  if (typeof handler !== 'function') throw new HandlerNotFoundError(`${handlerName} is not a function`);
  if (handler.length >= CALLBACK_PARAMETERS) throw new CallbackHandlerDeprecatedError();
  return handler as Handler;
}

async function importModule(taskRoot: string, name: string): Promise<unknown> {
  try {
    const file = EXTENSIONS.map((extension) => join(taskRoot, name + extension)).find((path) => existsSync(path));
    // The runtime's way out is `require`, and its error what the invocation is answered.
    const found = file ?? createRequire(import.meta.url).resolve(name, { paths: [taskRoot] });
    return await import(pathToFileURL(found).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserCodeSyntaxError(error);
    // Of `require`; what `import` does not find has another code and stays the error it is.
    const isMissing = error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
    throw isMissing ? new ImportModuleError(String(error)) : error;
  }
}

function memberOf(value: unknown, path: readonly string[]): unknown {
  return path.reduce(
    (nested, key) =>
      typeof nested === 'object' && nested !== null ? (nested as Record<string, unknown>)[key] : undefined,
    value,
  );
}
