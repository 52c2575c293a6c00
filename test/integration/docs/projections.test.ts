import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processBatch, type BatchReport } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import { startTestDatabase, type TestDatabase } from '../../support/start-test-database.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PAGE = join(ROOT, 'docs/projections.md');
const FOLDER = join(ROOT, `.cache/documented-${process.pid}`);

/** What a section of the page shows. */
interface Section {
  readonly title: string;
  /** By the language of the block: `ts`, `sql`, `ndjson` (a record per line) or `records` (one record), and `text`. */
  readonly blocks: Readonly<Record<string, string>>;
}

const IMPORTS = [
  "import * as z from 'zod';",
  "import * as api from '../../processor/projection.ts';",
  'const { counters, defineProjection, inserts, lookup, ndjson, remove, skip, sql, versions } = api;',
  'void [counters, defineProjection, inserts, lookup, ndjson, remove, skip, sql, versions];',
].join(' ');

let sections: readonly Section[];
let database: TestDatabase;

beforeAll(async () => {
  sections = sectionsOf(await readFile(PAGE, 'utf8')).filter(({ blocks }) => blocks['ts'] !== undefined);
  await mkdir(FOLDER, { recursive: true });
  for (const section of sections) await writeFile(moduleOf(section), `${IMPORTS}\n${section.blocks['ts']}`);
  database = await startTestDatabase();
});
afterAll(async () => {
  await database.close();
  await rm(FOLDER, { recursive: true });
});

function sectionsOf(page: string): readonly Section[] {
  return page.split(/^## /m).map((text) => {
    const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => [language, code]);
    return { title: text.split('\n')[0] ?? '', blocks: Object.fromEntries(blocks) as Record<string, string> };
  });
}

function moduleOf({ title }: Section): string {
  return join(FOLDER, `${title.toLowerCase().replaceAll(/\W+/g, '-')}.ts`);
}

function recordsOf({ ndjson, records }: Section['blocks']): readonly string[] {
  return records === undefined ? (ndjson ?? '').trim().split('\n') : [records];
}

/** What became of the events, and the tables, as the page shows them. */
async function outcome(projection: AnyProjection, report: BatchReport): Promise<string> {
  const tables = Object.keys(projection.tables).map(async (table) => {
    const rows = await database.query(`SELECT * FROM ${table} ORDER BY 1`);
    const columns = Object.keys(projection.tables[table]?.columns ?? {});
    const lines = rows.map((row) => columns.map((column) => show(row[column])));
    return [table, ...aligned([columns, ...lines])].join('\n');
  });
  return `${[counts(report), ...(await Promise.all(tables))].join('\n\n')}\n`;
}

function counts({ written, duplicates, superseded, skippedByReason, rejections }: BatchReport): string {
  const entries = [
    ['written', written],
    ['duplicate', duplicates],
    ['superseded', superseded],
    ...Object.entries(skippedByReason).map(([reason, count]) => [`skipped (${reason})`, count]),
    ...[...Map.groupBy(rejections, ({ rejection }) => rejection.reason)].map(([reason, all]) => [
      `quarantined (${reason})`,
      all.length,
    ]),
  ];
  return entries
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widthOf = (column: number): number => Math.max(...rows.map((row) => (row[column] ?? '').length));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widthOf(column))).join('  ')}`.trimEnd());
}

/** Places in the stream have 70 digits; their last ones tell them apart. */
function show(value: unknown): string {
  if (value === null) return 'NULL';
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^\d{30,}$/.test(text) ? `…${text.slice(-18)}` : text;
}

test('every example compiles', () => {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    readonly config: { readonly compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const program = ts.createProgram(sections.map(moduleOf), options);
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
  expect(problems).toEqual([]);
  expect(sections.length).toBeGreaterThan(7);
});

describe('every example leaves what the page shows', async () => {
  const titles = sectionsOf(await readFile(PAGE, 'utf8'))
    .filter(({ blocks }) => blocks['ts'] !== undefined)
    .map(({ title }) => title);
  test.each(titles)('%s', async (title) => {
    const section = sections.find((it) => it.title === title);
    if (section === undefined) throw new Error(`the page has no section ${title}`);
    const [projection] = Object.values((await import(moduleOf(section))) as Record<string, AnyProjection>);
    if (projection === undefined) throw new Error('the example exports nothing');
    await database.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${section.blocks['sql'] ?? ''}`);
    const records = recordsOf(section.blocks).map((data, index) => kinesisRecord({ data, index }));
    // The page is about what projections do; that many rejections at once are a broken build to the fuse.
    const fuse = { thresholdPercent: 100, minEvents: 1 };
    const report = await processBatch(records, database.createEngine(projection, { fuse }), () => 10_000);
    expect(report.hold).toBeUndefined();
    expect(await outcome(projection, report)).toBe(section.blocks['text']);
  });
});

test('the test on PostgreSQL that the page shows holds', async () => {
  const page = await readFile(PAGE, 'utf8');
  const lines = sections.find(({ title }) => title === 'Lookups');
  const shown = /^```\nimport \{ startProjectionDatabase \}[^\n]*\n(.*?)^```$/ms.exec(page)?.[1];
  if (lines === undefined || shown === undefined) throw new Error('the page has no test on PostgreSQL');
  const file = join(FOLDER, 'database-test.ts');
  const imports =
    "import { expect } from 'vitest'; import { startProjectionDatabase } from '../../local/proof/start-projection-database.ts';";
  // The tables of the section, without the rows that it puts there for its own example, on the server of this test.
  const tables = (lines.blocks['sql'] ?? '').replaceAll(/^INSERT INTO .*$/gm, '');
  const contents = JSON.stringify({ databaseUrl: database.url, sql: tables });
  const test = shown.replace("{ migrations: 'functions/lines/migrations' }", contents);
  await writeFile(file, `${imports} import { lines } from './lookups.ts';\n${test}\nexport default tables;`);
  expect(await import(file)).toMatchObject({ default: { lines: [{ id: '1' }] } });
});

test('the unit test that the page shows holds', async () => {
  const page = await readFile(PAGE, 'utf8');
  const lines = sections.find(({ title }) => title === 'Lookups');
  const shown = /^```\nimport \{ runProjection \}[^\n]*\n(.*?)^```$/ms.exec(page)?.[1];
  if (lines === undefined || shown === undefined) throw new Error('the page has no unit test');
  const file = join(FOLDER, 'unit-test.ts');
  const imports = "import { expect } from 'vitest'; import { runProjection } from '../../processor/testing.ts';";
  await writeFile(file, `${imports} import { lines } from './lookups.ts';\n${shown}\nexport default line;`);
  expect(await import(file)).toMatchObject({ default: { kind: 'rows' } });
});
