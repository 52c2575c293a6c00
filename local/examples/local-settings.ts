import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ownFunctionFolder, type FunctionFolder } from '../../build/function-folder.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { splitStatements } from '../../functions/migrate/split-statements.ts';
import { readEventFile } from '../input/read-event-file.ts';
import type { Example } from './example.ts';

/** How a function runs on this machine, unless the command line says otherwise. */
export interface LocalSettings {
  /** Member of an input event that is its partition key. */
  readonly partitionKey: string | undefined;
  /** Whether events without that member get a partition key of their own. */
  readonly randomKey: boolean;
  /** Member of input documents that hold a list of events there. */
  readonly enclosedIn?: string | undefined;
  /** What it runs on without an input file. */
  readonly example: Example | undefined;
}

/** File in the folder of a function. */
const FILE = 'local.json';

const CONTENT = z.strictObject({
  partitionKey: z.string().min(1),
  randomKey: z.optional(z.boolean()),
  enclosedIn: z.optional(z.string()),
  events: z.optional(z.string()),
  reference: z.optional(z.string()),
});

/** Loaded when asked for: the package comes without the data sets. */
const DATA_SETS: Readonly<Record<string, () => Promise<Example>>> = {
  flights: async () => (await import('./flights-example.ts')).flightsExample,
};

/**
 * Reads how a function runs on this machine: `local.json` in its folder names the member that is the partition key, a
 * file of example events, and a file of SQL that fills its reference tables.
 *
 * @throws {@link UsageError} when the file is there and not usable
 */
export async function readLocalSettings(folder: FunctionFolder): Promise<LocalSettings> {
  const dataSet = Object.hasOwn(DATA_SETS, folder.name) ? DATA_SETS[folder.name] : undefined;
  if (dataSet !== undefined && folder.path === ownFunctionFolder(folder.name).path) {
    return { partitionKey: undefined, randomKey: false, example: await dataSet() };
  }
  const file = join(folder.path, FILE);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return { partitionKey: undefined, randomKey: false, example: undefined };
  const { partitionKey, randomKey = false, enclosedIn, events, reference } = parse(file, text);
  if (events === undefined) return { partitionKey, randomKey, enclosedIn, example: undefined };
  const path = join(folder.path, events);
  return {
    partitionKey,
    randomKey,
    enclosedIn,
    example: {
      input: () => readEventFile({ path, format: 'json', partitionKey: { members: partitionKey, random: randomKey } }),
      loadReference: async (execute) => {
        if (reference === undefined) return;
        for (const statement of splitStatements(await readFile(join(folder.path, reference), 'utf8'))) {
          await execute(statement.text);
        }
      },
    },
  };
}

function parse(file: string, text: string): z.output<typeof CONTENT> {
  const { success, data, error } = CONTENT.safeParse(jsonOf(file, text));
  if (success) return data;
  throw new UsageError(error.issues.map(({ path, message }) => `${file}: ${path.join('.')}: ${message}`));
}

function jsonOf(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError([`${file} must be JSON: ${(error as Error).message}`]);
  }
}
