import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { capturedRecords } from '../local/input/captured-records.ts';
import { enclosedEvents, enclosedList } from '../local/input/enclosed-events.ts';
import { NoTextError, readText } from '../local/input/read-text.ts';
import { DocumentSplitter, type Document } from '../local/input/split-documents.ts';
import { parseJson } from '../processor/decode/parse-json.ts';
import { isObject, type JsonObject } from './observe.ts';

/** An event of a sample. */
export interface SampleEvent {
  /** As it was parsed: integers beyond 2^53 are bigints. */
  readonly value: JsonObject;
  /** As it stands in the sample, on one line: its numbers have the digits that they have there. */
  readonly text: string;
}

/** What a sample holds. */
export interface Sample {
  readonly events: readonly SampleEvent[];
  /** Whether there are more events, which were not looked at. */
  readonly isCut: boolean;
  /** Member of the one document that the sample is, whose list holds the events; undefined for other samples. */
  readonly enclosedIn?: string;
  /** Why it cannot be used, one sentence each. */
  readonly problems: readonly string[];
}

/** The name that stands for standard input. */
export const STANDARD_INPUT = '-';

/** Enough to know the shape of events by. */
const MAX_EVENTS = 10_000;

/** Mistakes told in one go: enough to see the pattern. */
const MAX_PROBLEMS = 10;

/**
 * Reads a sample of events: JSON objects, one per line, over several lines or in a list, plain or compressed; or records
 * that were captured from a stream.
 *
 * @param path of a file, or `-` for standard input
 */
export async function readSample(path: string): Promise<Sample> {
  if (path !== STANDARD_INPUT) return readFile(path, path);
  const folder = await mkdtemp(join(tmpdir(), 'sample-'));
  try {
    // What a file is shows in its first bytes, which a pipe gives only once.
    const copy = join(folder, 'sample');
    await using file = await open(copy, 'w');
    await pipeline(process.stdin, file.createWriteStream());
    return await readFile(copy, 'standard input');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readFile(path: string, shown: string): Promise<Sample> {
  const events: SampleEvent[] = [];
  const problems: string[] = [];
  try {
    for await (const document of documentsOf(path)) {
      const found = eventsOf(document);
      if (typeof found === 'string') problems.push(`\`--sample\`: ${shown} line ${document.line}: ${found}`);
      else events.push(...found);
      if (problems.length === MAX_PROBLEMS || events.length > MAX_EVENTS) break;
    }
  } catch (error) {
    return { events: [], isCut: false, problems: [describeUnreadable(shown, error as Error)] };
  }
  if (events.length === 0 && problems.length === 0) {
    problems.push(`\`--sample\` must hold JSON objects, one per line or in a list, got no event in ${shown}`);
  }
  return cut({ problems, ...openEnvelope(events) });
}

function cut(sample: Omit<Sample, 'isCut'>): Sample {
  return { ...sample, events: sample.events.slice(0, MAX_EVENTS), isCut: sample.events.length > MAX_EVENTS };
}

/** A sample that is one document may be an export or an answer, and the events are in it. */
function openEnvelope(events: readonly SampleEvent[]): Pick<Sample, 'events' | 'enclosedIn'> {
  const [only, another] = events;
  const list = only === undefined || another !== undefined ? undefined : enclosedList(only.value);
  if (only === undefined || list === undefined) return { events };
  const texts = enclosedEvents(only.text, list.member) ?? [];
  return {
    events: texts.map((text) => ({ text, value: parseJson(text) as JsonObject })),
    enclosedIn: list.member,
  };
}

async function* documentsOf(path: string): AsyncGenerator<Document> {
  const splitter = new DocumentSplitter();
  for await (const piece of readText(path)) yield* splitter.push(piece);
  const rest = splitter.end();
  if (rest !== undefined) yield rest;
}

function eventsOf({ text }: Document): readonly SampleEvent[] | string {
  const value = parse(text);
  if (!isObject(value)) return `expected a JSON object, got ${JSON.stringify(text.slice(0, 40))}`;
  const captured = capturedRecords(value);
  if (captured === undefined) return [{ value, text: onOneLine(text) }];
  const events: SampleEvent[] = [];
  for (const { data } of captured) {
    const found = eventsOf({ text: Buffer.from(data).toString('utf8'), line: 0 });
    if (typeof found === 'string') return `a record that was captured: ${found}`;
    events.push(...found);
  }
  return events;
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Takes out what stands between the parts of a JSON text. */
function onOneLine(text: string): string {
  return text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, inString: string | undefined) => inString ?? '');
}

function describeUnreadable(shown: string, error: Error): string {
  if (error instanceof NoTextError) return `\`--sample\`: ${shown} is ${error.message}`;
  return `\`--sample\` can't be read: ${error.message}; name a file with JSON events, or pipe them in`;
}
