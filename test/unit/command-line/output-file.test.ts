import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { outputFileProblems } from '../../../command-line/output-file.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'output-file-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('takes a file in a folder that exists, and the lack of one', () => {
  expect(outputFileProblems('--report', join(folder, 'report.json'))).toEqual([]);
  expect(outputFileProblems('--report', 'report.json')).toEqual([]);
  expect(outputFileProblems('--report', undefined)).toEqual([]);
});

it('refuses a folder, and a file in a folder that does not exist', () => {
  const missing = join(folder, 'missing', 'report.json');
  const refusal = (got: string) => [`\`--report\` must be a file in a folder that exists, got ${JSON.stringify(got)}`];
  expect(outputFileProblems('--report', missing)).toEqual(refusal(missing));
  expect(outputFileProblems('--report', folder)).toEqual(refusal(folder));
});
