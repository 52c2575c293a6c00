import type { InputOptions } from '../../command-line/input-options.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import type { LocalSettings } from '../examples/local-settings.ts';
import type { EventInput } from '../input/event-input.ts';
import { readEventFile } from '../input/read-event-file.ts';
import type { RunOptions } from './run-options.ts';

/**
 * Opens the events of a run: the file that was given, or the example of the first function that has one.
 *
 * @param settings of the functions, in their order
 * @throws {@link UsageError} when there are no events
 */
export async function openInput(
  options: InputOptions & Pick<RunOptions, 'functions'>,
  settings: readonly LocalSettings[],
): Promise<EventInput> {
  if (options.input !== undefined) {
    const own = settings.find(({ partitionKey }) => partitionKey !== undefined);
    const partitionKey = {
      members: options.partitionKey ?? own?.partitionKey,
      random: options.randomKey || (options.partitionKey === undefined && own?.randomKey === true),
    };
    const enclosedIn = own?.enclosedIn;
    return readEventFile({ path: options.input, format: options.inputFormat, partitionKey, enclosedIn });
  }
  const example = settings.find((it) => it.example !== undefined)?.example;
  if (example !== undefined) return example.input();
  throw new UsageError([
    `function ${options.functions.join(', ')} has no example events; pass some with \`--input FILE --partition-key FIELD\``,
  ]);
}
