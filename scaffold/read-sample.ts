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
import { onOneLine, readRecords, type DecoderName, type SampleEvent } from './read-records.ts';

/** What a sample holds. */
export interface Sample {
  readonly events: readonly SampleEvent[];
  /** Whether there are more events, which were not looked at. */
  readonly isCut: boolean;
  /** What reads the records that the events are in. */
  readonly decoder: DecoderName;
  /** Member of the one document that the sample is, whose list holds the events; undefined for other samples. */
  readonly enclosedIn?: string;
  /** Why it cannot be used, one sentence each. */
  readonly problems: readonly string[];
}

/** Records of one stream are wrong for one reason. */
const MAX_RECORDS = 3;

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
  const records: Uint8Array[] = [];
  const problems: string[] = [];
  try {
    for await (const document of documentsOf(path)) {
      const value = parse(document.text);
      const captured = capturedRecords(value);
      if (captured !== undefined) records.push(...captured.map(({ data }) => Buffer.from(data)));
      else if (isObject(value)) events.push({ value, text: onOneLine(document.text) });
      else problems.push(`\`--sample\`: ${shown} line ${document.line}: ${describeOther(document)}`);
      if (problems.length === MAX_PROBLEMS || events.length + records.length > MAX_EVENTS) break;
    }
  } catch (error) {
    return { ...NO_SAMPLE, problems: [describeUnreadable(shown, error as Error)] };
  }
  if (problems.length > 0) return refuse(problems, { isJson: events.length + records.length > 0 });
  return cut(
    records.length > 0 ? await readCaptured(records, { shown, others: events }) : await readEvents(events, shown),
  );
}

/** Documents as they stand in the file; what a subscription of CloudWatch Logs sends may have been saved as it is. */
async function readEvents(events: readonly SampleEvent[], shown: string): Promise<Omit<Sample, 'isCut'>> {
  if (events.length === 0) {
    return {
      ...NO_SAMPLE,
      problems: [`\`--sample\` must hold JSON objects, one per line or in a list, got no event in ${shown}`],
    };
  }
  if (events.every(({ value }) => 'messageType' in value && 'logEvents' in value)) {
    return readCaptured(
      events.map(({ text }) => Buffer.from(text)),
      { shown, others: [] },
    );
  }
  return { problems: [], decoder: 'json', ...openEnvelope(events) };
}

/** A sample that is of no use. */
export const NO_SAMPLE: Omit<Sample, 'problems'> = { events: [], isCut: false, decoder: 'json' };

const OTHER_FORMATS =
  'a function is made of JSON: convert some of these records to JSON, make it from those, and let `decode` do the same on the stream: docs/event-shapes.md#other-formats';

function refuse(problems: readonly string[], { isJson }: { readonly isJson: boolean }): Sample {
  return { ...NO_SAMPLE, problems: isJson ? problems : [...problems, OTHER_FORMATS] };
}

async function readCaptured(
  records: readonly Uint8Array[],
  { shown, others }: { readonly shown: string; readonly others: readonly SampleEvent[] },
): Promise<Omit<Sample, 'isCut'>> {
  const { decoder, events, problems } = await readRecords(records);
  const told = problems.slice(0, MAX_RECORDS).map((problem) => `\`--sample\`: ${shown}: ${problem}`);
  if (problems.length > told.length) told.push(`… and ${problems.length - told.length} others`);
  const nothing = events.length === 0 ? [`\`--sample\` must hold events, got no event in the records of ${shown}`] : [];
  return { decoder, events: [...others, ...events], problems: told.length > 0 ? [...told, OTHER_FORMATS] : nothing };
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

function describeOther({ text }: Document): string {
  return `expected a JSON object, got ${JSON.stringify(text.slice(0, 40))}`;
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function describeUnreadable(shown: string, error: Error): string {
  if (error instanceof NoTextError) return `\`--sample\`: ${shown} is ${error.message}`;
  return `\`--sample\` can't be read: ${error.message}; name a file with JSON events, or pipe them in`;
}
