import { readFile } from 'node:fs/promises';
import { mergeReports, writeBenchPage } from '../bench/bench-page.ts';
import type { BenchReport } from '../bench/bench-report.ts';
import { runCommand } from '../command-line/run-command.ts';
import { UsageError } from '../command-line/usage-error.ts';

await runCommand(async () => {
  const [first, ...others] = await Promise.all(process.argv.slice(2).map(readReport));
  if (first === undefined) {
    throw new UsageError([
      'name the reports to write the page from: npm run docs:bench -- bench.json [growth.json ...]',
    ]);
  }
  await writeBenchPage(mergeReports([first, ...others]));
  return true;
});

async function readReport(file: string): Promise<BenchReport> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as BenchReport;
  } catch (error) {
    throw new UsageError([
      `${file} must be a report of npm run bench -- --report FILE, got: ${(error as Error).message}`,
    ]);
  }
}
