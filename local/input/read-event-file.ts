import type { InputOptions } from '../../command-line/input-options.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { parseJson } from '../../processor/decode/parse-json.ts';
import { capturedRecords } from './captured-records.ts';
import { enclosedEvents } from './enclosed-events.ts';
import type { EventInput, InputEvent } from './event-input.ts';
import { partitionKeyOf, type PartitionKeyRule } from './partition-key.ts';
import { NoTextError, readText } from './read-text.ts';
import { DocumentSplitter, LineSplitter, type Document } from './split-documents.ts';

/** What a file of events is, and how its events get their partition keys. */
export interface EventFile {
  readonly path: string;
  readonly format: InputOptions['inputFormat'];
  readonly partitionKey: PartitionKeyRule;
  /** Member of documents that are no events but hold a list of them. @defaultValue each document is an event */
  readonly enclosedIn?: string | undefined;
}

/** Something that is no event, and what to do about it. */
interface Mistake {
  readonly problem: string;
  readonly advice?: string;
}

/** Mistakes told in one go: enough to see the pattern. */
const MAX_MISTAKES = 10;

/** Members named when nobody said which one is the partition key. */
const MAX_MEMBERS = 12;

/**
 * Reads events from a file: JSON objects, one per line, over several lines, or in a list; plain or compressed. Records
 * that were captured from a stream, as `aws kinesis get-records` or an event of Lambda holds them, keep their data and
 * partition keys.
 *
 * @param file which, and how
 * @throws {@link UsageError} when the file can't be read, or naming the first places that are no events
 */
export async function readEventFile(file: EventFile): Promise<EventInput> {
  const events: InputEvent[] = [];
  const mistakes: Mistake[] = [];
  try {
    for await (const document of readDocuments(file)) {
      const found = file.format === 'lines' ? readLine(document, file) : readDocument(document, file);
      if ('problem' in found) {
        mistakes.push({ ...found, problem: `${file.path} line ${document.line}: ${found.problem}` });
      } else events.push(...found);
      if (mistakes.length === MAX_MISTAKES) break;
    }
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError([describeUnreadable(file.path, error as Error)]);
  }
  if (mistakes.length > 0) throw new UsageError(describeMistakes(mistakes));
  if (events.length === 0) throw new UsageError([`${file.path} holds no events; it needs one JSON object per line`]);
  return { backlog: events.length, events: () => events };
}

async function* readDocuments({ path, format }: EventFile): AsyncGenerator<Document> {
  const splitter = format === 'lines' ? new LineSplitter() : new DocumentSplitter();
  for await (const piece of readText(path)) yield* splitter.push(piece);
  const rest = splitter.end();
  if (rest !== undefined) yield rest;
}

function readLine({ text }: Document, { partitionKey }: EventFile): readonly InputEvent[] | Mistake {
  const found = partitionKeyOf(parse(text), partitionKey);
  if ('key' in found) return [{ partitionKey: found.key, data: text }];
  if (partitionKey.members !== undefined) return { ...found, advice: otherKeys(partitionKey.members) };
  throw new UsageError(['missing `--partition-key FIELD` or `--random-key`: where do partition keys come from?']);
}

function readDocument({ text, line }: Document, file: EventFile): readonly InputEvent[] | Mistake {
  const { partitionKey, enclosedIn, ...rest } = file;
  const event = parse(text);
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    const advice = 'for records that are not JSON objects there is `--input-format lines`';
    return { problem: `expected a JSON object, got ${JSON.stringify(text.slice(0, 40))}`, advice };
  }
  const captured = capturedRecords(event);
  if (captured !== undefined) return captured;
  const enclosed = enclosedIn === undefined ? undefined : enclosedEvents(text, enclosedIn);
  if (enclosed !== undefined) {
    const all = enclosed.map((it) => readDocument({ text: it, line }, { partitionKey, ...rest }));
    return all.find((it) => 'problem' in it) ?? (all as InputEvent[][]).flat();
  }
  const found = partitionKeyOf(event, partitionKey);
  // As it stands in the file: the digits of its numbers are those of the producer.
  if ('key' in found) return [{ partitionKey: found.key, data: text }];
  if (partitionKey.members !== undefined) return { ...found, advice: otherKeys(partitionKey.members) };
  const members = Object.keys(event).slice(0, MAX_MEMBERS).join(', ');
  throw new UsageError([
    `missing \`--partition-key FIELD\`: which member of an event is its partition key? the first event has ${members}`,
  ]);
}

function otherKeys(members: string): string {
  return `for events without \`${members}\`: name more members, as in \`--partition-key ${members},OTHER\`, or add \`--random-key\``;
}

/** Undefined for what is no JSON. */
function parse(text: string): unknown {
  try {
    // A key beyond 2^53 keeps its digits: rounded, different keys would be one.
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function describeUnreadable(path: string, error: Error): string {
  if (error instanceof NoTextError) return `\`--input\`: ${path} is ${error.message}`;
  return `\`--input\` can't be read: ${error.message}; name a file with one JSON event per line`;
}

function describeMistakes(mistakes: readonly Mistake[]): readonly string[] {
  const advice = new Set(mistakes.flatMap((mistake) => mistake.advice ?? []));
  return [...mistakes.map(({ problem }) => problem), ...advice];
}
