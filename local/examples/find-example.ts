import { ownFunctionFolder, type FunctionFolder } from '../../build/function-folder.ts';
import type { Example } from './example.ts';

/** Loaded when asked for: the package comes without the data sets. */
const EXAMPLES: Readonly<Record<string, () => Promise<Example>>> = {
  flights: async () => (await import('./flights-example.ts')).flightsExample,
};

/** The example of one of this project's own functions; a function that others wrote brings its own input. */
export async function findExample({ name, path }: FunctionFolder): Promise<Example | undefined> {
  if (!Object.hasOwn(EXAMPLES, name) || path !== ownFunctionFolder(name).path) return undefined;
  return EXAMPLES[name]?.();
}
