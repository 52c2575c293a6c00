import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseJson } from '../../processor/decode/parse-json.ts';
import { describeValue } from '../../processor/user-values.ts';
import { UsageError } from '../../command-line/usage-error.ts';

/** An event before it is on the stream. */
export interface InputEvent {
  readonly partitionKey: string;
  /** JSON text. */
  readonly data: string;
}

/** Where a run's events come from. */
export interface EventInput {
  /** Events of a backlog when the user names no number. */
  readonly backlog: number;
  /** Events in stream order; may never end. */
  readonly events: () => Iterable<InputEvent>;
}

/** Mistakes told in one go: enough to see the pattern. */
const MAX_PROBLEMS = 10;

/** Longest partition key that Kinesis takes, in characters. */
const MAX_PARTITION_KEY = 256;

/**
 * Reads events from a file with one JSON object per line; blank lines are skipped.
 *
 * @param path of the file
 * @param partitionKey name of the member that is the partition key
 * @throws {@link UsageError} when the file can't be read, or naming the first lines that are no events
 */
export async function readEventFile(path: string, partitionKey: string): Promise<EventInput> {
  const events: InputEvent[] = [];
  const problems: string[] = [];
  let lineNumber = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
      lineNumber += 1;
      if (line.trim() === '') continue;
      const event = parseLine(line, partitionKey);
      if (typeof event === 'string') problems.push(`${path} line ${lineNumber}: ${event}`);
      else events.push(event);
      if (problems.length === MAX_PROBLEMS) break;
    }
  } catch (error) {
    throw new UsageError([
      `\`--input\` can't be read: ${(error as Error).message}; name a file with one JSON event per line`,
    ]);
  }
  if (problems.length > 0) throw new UsageError(problems);
  if (events.length === 0) throw new UsageError([`${path} holds no events; it needs one JSON object per line`]);
  return { backlog: events.length, events: () => events };
}

function parseLine(line: string, partitionKey: string): InputEvent | string {
  let event: unknown;
  try {
    // A key beyond 2^53 keeps its digits: rounded, different keys would be one.
    event = parseJson(line);
  } catch {
    return `expected a JSON object, got ${JSON.stringify(line.slice(0, 40))}`;
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    return `expected a JSON object, got ${JSON.stringify(event).slice(0, 40)}`;
  }
  const key = (event as Readonly<Record<string, unknown>>)[partitionKey];
  if (!['string', 'number', 'bigint'].includes(typeof key) || key === '' || String(key).length > MAX_PARTITION_KEY) {
    return `\`${partitionKey}\` must be text of 1 to ${MAX_PARTITION_KEY} characters or a number, got ${key === undefined ? 'nothing' : describeValue(key)}`;
  }
  return { partitionKey: String(key), data: line };
}
