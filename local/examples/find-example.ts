import type { Example } from './example.ts';
import { flightsExample } from './flights-example.ts';

const EXAMPLES: Readonly<Record<string, Example>> = { flights: flightsExample };

/** The example of a function, or `undefined` for a function that brings its own input. */
export function findExample(functionName: string): Example | undefined {
  return Object.hasOwn(EXAMPLES, functionName) ? EXAMPLES[functionName] : undefined;
}
