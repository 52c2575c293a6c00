import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { UsageError } from '../command-line/usage-error.ts';
import { ProjectionError, type AnyProjection, type Projection } from '../processor/projection.ts';
import { runProjection, type ProjectedEvent } from '../processor/testing.ts';
import { DETAILS, designFunction, type Design } from './design.ts';
import { parseNewOptions, testFolder, type NewOptions } from './new-options.ts';
import type { SampleEvent } from './read-records.ts';
import { NO_SAMPLE, readSample, STANDARD_INPUT, type Sample } from './read-sample.ts';
import { addToDevStage, STAGES_FILE } from './stage-entry.ts';
import { writeHandler, writeLocalSettings, writeMigration, writeTest, type ShownEvent } from './write-files.ts';
import { writeProjection } from './write-projection.ts';

/** What was made. */
export interface NewFunction {
  readonly design: Design;
  /** Events that were looked at, and whether there were more. */
  readonly events: number;
  readonly isCut: boolean;
  /** Member of the document that the events were taken out of; undefined where they were not in one. */
  readonly enclosedIn: string | undefined;
  /** Events that are now in the folder. */
  readonly kept: number;
  /** Why events of the sample would be quarantined, by reason; usually nothing. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Files, relative to the working directory. */
  readonly files: readonly string[];
  /** Whether the stage for trying things out deploys it now. */
  readonly isInStage: boolean;
}

/**
 * Makes a function from sample events: its folder, its unit test, and its place in the stage for trying things out. The
 * folder is written beside its place and tried on the sample before it is put there, so that nothing is left half made.
 *
 * @param argv arguments after the program's name
 * @param isPiped whether something is piped in
 * @returns `undefined` when help was asked for and has been printed
 * @throws {@link UsageError} with everything that is wrong with the name and with the sample
 */
export async function newFunction(argv: readonly string[], isPiped: boolean): Promise<NewFunction | undefined> {
  const parsed = await parseNewOptions(argv, isPiped);
  if (parsed === undefined) return undefined;
  const { options } = parsed;
  const sample: Sample = options.sample === '' ? { ...NO_SAMPLE, problems: [] } : await readSample(options.sample);
  const problems = [...parsed.problems, ...sample.problems];
  if (problems.length > 0) throw new UsageError(problems);
  for (const [index, detail] of DETAILS.entries()) {
    const draft = resolve('functions', `.${options.functionName}.${index}.new`);
    try {
      return await makeFunction(draft, {
        options,
        sample,
        design: designFunction(options.functionName, sample, detail),
      });
    } catch (error) {
      // Too much for one statement: less of it may do.
      if (!(error instanceof ProjectionError) || index === DETAILS.length - 1) throw error;
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  return undefined;
}

interface Making {
  readonly options: NewOptions;
  readonly sample: Sample;
  readonly design: Design;
}

async function makeFunction(draft: string, { options, sample, design }: Making): Promise<NewFunction> {
  const { functionName } = options;
  const code = await writeDraft(draft, { options, sample, design });
  const projected = await tryOn(join(draft, 'projection.ts'), { design, events: sample.events });
  const usable = sample.events.filter((_, index) => projected[index]?.kind !== 'rejected');
  const kept = keepEvents(design, usable.length === 0 ? sample.events : usable);
  const files = [...code, await writeSample(draft, kept)];
  const test = join(testFolder(functionName), 'projection.test.ts');
  const testText = writeTest(design, shownEvents(design, { kept, all: sample.events, projected }));
  const folder = join('functions', functionName);
  await rename(draft, resolve(folder));
  await mkdir(testFolder(functionName), { recursive: true });
  await write(test, testText);
  return {
    design,
    events: sample.events.length,
    isCut: sample.isCut,
    enclosedIn: sample.enclosedIn,
    kept: kept.length,
    rejected: rejections(projected),
    files: [...files.map((file) => join(folder, file)), test],
    isInStage: await addStageEntry(functionName),
  };
}

/** Writes the files of the function's folder, and returns their names. */
async function writeDraft(draft: string, { options, sample, design }: Making): Promise<string[]> {
  const source = options.sample === STANDARD_INPUT ? 'standard input' : basename(options.sample);
  const events = sample.events.length;
  const madeFrom = `Made from ${events.toLocaleString('en-US')} event${events === 1 ? '' : 's'} of ${source}.`;
  await mkdir(join(draft, 'migrations'), { recursive: true });
  const files: Readonly<Record<string, string>> = {
    'projection.ts': writeProjection(design, madeFrom),
    'handler.ts': writeHandler(design),
    [`migrations/001-${design.functionName}.sql`]: writeMigration(design),
    'local.json': writeLocalSettings(design, sample),
  };
  for (const [name, text] of Object.entries(files)) await write(join(draft, name), text);
  return Object.keys(files);
}

async function writeSample(draft: string, kept: readonly SampleEvent[]): Promise<string> {
  const file = 'sample/events.ndjson';
  await mkdir(join(draft, 'sample'));
  await write(join(draft, file), `${kept.map(({ text }) => text).join('\n')}\n`);
  return file;
}

/** Writes a file; code in the form that the repository has. */
async function write(path: string, text: string): Promise<void> {
  const isCode = /\.(ts|json)$/.test(path);
  const options = isCode && (await resolveConfig(resolve('functions/any.ts')));
  await writeFile(path, options === false ? text : await format(text, { ...options, filepath: path }));
}

/** Events that go into the folder: enough to try the function on, and not so many that nobody looks at them. */
const MAX_KEPT = { events: 200, characters: 500_000 };

function keepEvents({ typeMember }: Design, events: readonly SampleEvent[]): readonly SampleEvent[] {
  const typeOf = ({ value }: SampleEvent): unknown => (typeMember === undefined ? undefined : value[typeMember]);
  const firsts = new Set(new Map([...events].reverse().map((event) => [typeOf(event), event])).values());
  let left = MAX_KEPT.characters;
  let others = MAX_KEPT.events - firsts.size;
  return events.filter((event) => {
    if (!firsts.has(event) && (others <= 0 || left < event.text.length)) return false;
    if (!firsts.has(event)) others -= 1;
    left -= event.text.length;
    return true;
  });
}

type Rows = Readonly<Record<string, never>>;
type Projected = readonly ProjectedEvent<Rows>[];

/** Runs the function that was written on the whole sample. */
async function tryOn(
  path: string,
  { design, events }: { readonly design: Design; readonly events: readonly SampleEvent[] },
): Promise<Projected> {
  const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, AnyProjection>>;
  const projection = module[design.identifier] as unknown as Projection<unknown, Rows, Rows>;
  return runProjection(projection, { records: events.map(({ text }) => ({ data: text })) });
}

function rejections(projected: Projected): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const event of projected) {
    if (event.kind !== 'rejected') continue;
    const reason = `${event.reason}: ${event.detail}`;
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}

/** Types with an event in the test. */
const MAX_SHOWN = 3;

/** The shortest event of each type: its rows are easiest to read. */
function shownEvents(
  { plans, typeMember }: Design,
  sample: {
    readonly kept: readonly SampleEvent[];
    readonly all: readonly SampleEvent[];
    readonly projected: Projected;
  },
): readonly ShownEvent[] {
  const { kept, all, projected } = sample;
  return plans.slice(0, MAX_SHOWN).flatMap(({ type }): readonly ShownEvent[] => {
    const own = kept.filter(({ value }) => typeMember === undefined || value[typeMember] === type);
    const [shortest] = [...own].sort((a, b) => a.text.length - b.text.length);
    if (shortest === undefined) return [];
    const [index, inAll] = [kept.indexOf(shortest), all.indexOf(shortest)];
    const event = projected[inAll];
    return event?.kind === 'rows' ? [{ index, type, projected: event }] : [];
  });
}

async function addStageEntry(functionName: string): Promise<boolean> {
  if (!existsSync(STAGES_FILE)) return false;
  const added = addToDevStage(await readFile(STAGES_FILE, 'utf8'), functionName);
  if (added === undefined) return false;
  await write(STAGES_FILE, added);
  return true;
}
