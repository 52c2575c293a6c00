import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { IncidentReport } from '../../../drills/incident/incident-report.ts';
import { runProgram, type ProgramResult } from '../../support/run-program.ts';

// A synthesis, a world, and an hour and more of its life: a minute, and many times that on a busy machine.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

let folder: string;
let result: ProgramResult;
let report: IncidentReport;
let picture: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'incident-'));
  const [svg, json] = [join(folder, 'incident.svg'), join(folder, 'incident.json')];
  result = await runProgram('bin/local.ts', ['--incident', '1', '--picture', svg, '--report', json]);
  report = JSON.parse(await readFile(json, 'utf8').catch(() => '{}')) as IncidentReport;
  picture = await readFile(svg, 'utf8').catch(() => '');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Names of the elements, in the order in which they begin; throws where one is not closed, or text is not escaped. */
function elementsOf(xml: string): readonly string[] {
  const names: string[] = [];
  const open: string[] = [];
  const text = xml.replaceAll(
    /<(\/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<&]*")*)(\/?)>/g,
    (_, close: string, name: string, __, empty: string) => {
      if (close === '') names.push(name);
      if (close !== '' && open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      if (close === '' && empty === '') open.push(name);
      return '';
    },
  );
  if (open.length > 0 || /<|&(?!amp;|lt;)/.test(text)) throw new Error(`not well-formed: ${open.join()} ${text}`);
  return names;
}

describe('npm start -- --incident', () => {
  test('ends well, and leaves nothing running', () => {
    expect(result).toMatchObject({ code: 0, stderr: '', leftRunning: false });
  });

  test('pages somebody within five minutes of stream time after the stop, and says when it is over', () => {
    expect(report.page?.minutesAfterStop).toBeLessThanOrEqual(5);
    expect(report.page?.minutesAfterStop).toBeGreaterThan(0);
    expect(report.page?.resolvedMinutesAfterRestart).toBeLessThanOrEqual(15);
    expect(result.stdout).toContain(`PAGE ${report.page?.alarm ?? '?'} to on-call@example.com`);
    expect(result.stdout.match(/PAGE/g)).toHaveLength(1);
  });

  test('has every record in effect once at its end', () => {
    // 0.65 a second: before the stop, an hour, the minute of the restart and those after it.
    expect(report.records).toBe(39 * (6 + 15 + 60 + 1 + 15));
    expect(report.backlogRecords).toBe(39 * 61);
    expect(report.wrongTables).toEqual([]);
  });

  test('measures both ways to consume', () => {
    expect(report.ours.recordsPerSecond).toBeGreaterThan(report.perEvent.recordsPerSecond);
    expect(report.perEvent.records).toBeGreaterThan(0);
  });

  test('draws both lines into a well-formed picture that it names', () => {
    expect(result.stdout).toContain(report.picture);
    expect(elementsOf(picture).filter((name) => name === 'polyline')).toHaveLength(2);
  });

  test('fits a terminal of 80 columns', () => {
    const lines = result.stdout.split('\n').filter((line) => !line.includes(folder));
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});
