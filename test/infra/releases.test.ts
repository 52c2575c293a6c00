import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createScratchProject, type ScratchProject } from '../support/scratch-project.ts';
import type { Resource } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 480_000 });

const run = promisify(execFile);

interface Release {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

let project: ScratchProject;
let first: Release;
let documentsOnly: Release;
let newProjection: Release;

beforeAll(async () => {
  project = await createScratchProject();
  await git('init', '--quiet');
  first = await release('First release');
  await writeFile(join(project.root, 'NOTES.md'), 'What was learnt.\n');
  documentsOnly = await release('Notes');
  const projection = join(project.root, 'functions/flights/projection.ts');
  const source = await readFile(projection, 'utf8');
  await writeFile(projection, source.replace('Math.max(0, delay)', 'Math.abs(delay)'));
  newProjection = await release('Another projection');
});

afterAll(() => project.remove());

/** Commits what there is, and synthesizes it as `npm run synth` does, with everything kept that has been in use. */
async function release(message: string): Promise<Release> {
  await git('add', '--all');
  await git('-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message', message);
  const outdir = await mkdtemp(join(tmpdir(), 'release-'));
  try {
    const { context } = JSON.parse(await readFile(join(project.root, 'cdk.json'), 'utf8')) as { context: object };
    const env = {
      PATH: process.env['PATH'],
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, removalPolicy: 'retain', pageEmails: 'a@example.com' }),
    };
    await run(process.execPath, ['bin/app.ts'], { cwd: project.root, env });
    return JSON.parse(await readFile(join(outdir, 'flights-dev.template.json'), 'utf8')) as Release;
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

async function git(...argv: readonly string[]): Promise<void> {
  await run('git', argv, { cwd: project.root });
}

/** Types of the resources that an update from one release to the other would touch, and names of the outputs. */
function changes(before: Release, after: Release): { readonly types: readonly string[]; readonly outputs: string[] } {
  const differing = (one: object, other: object): string[] =>
    [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
      (id) => JSON.stringify(one[id as never]) !== JSON.stringify(other[id as never]),
    );
  const types = differing(before.Resources, after.Resources).map(
    (id) => (after.Resources[id] ?? before.Resources[id])?.Type ?? id,
  );
  return { types: types.sort(), outputs: differing(before.Outputs, after.Outputs).sort() };
}

describe('a release', () => {
  test('of the same code from another commit changes the label, and nothing else', () => {
    expect(changes(first, documentsOnly)).toEqual({ types: [], outputs: ['CodeCommit'] });
  });

  test('with another projection changes the function, its version and what names the version', () => {
    expect(changes(documentsOnly, newProjection)).toEqual({
      // The alarm is about errors of the version that takes over. One version goes and one comes.
      types: [
        'AWS::CloudWatch::Alarm',
        'AWS::Lambda::Alias',
        'AWS::Lambda::Function',
        'AWS::Lambda::Version',
        'AWS::Lambda::Version',
      ],
      outputs: ['BuildVersion', 'CodeCommit', 'FunctionVersion'],
    });
  });

  test('that is rolled back leaves nothing that its next deployment would meet', () => {
    const created = Object.entries(newProjection.Resources).filter(([id]) => !(id in documentsOnly.Resources));
    expect(created.map(([, { Type }]) => Type)).toEqual(['AWS::Lambda::Version']);
    // CloudFormation keeps these also where it takes a creation back.
    expect(created.filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')).toEqual([]);
  });

  test('leaves the version before it there, to go back to by hand', () => {
    const removed = Object.entries(documentsOnly.Resources).filter(([id]) => !(id in newProjection.Resources));
    expect(removed.map(([, { Type, DeletionPolicy }]) => [Type, DeletionPolicy])).toEqual([
      ['AWS::Lambda::Version', 'RetainExceptOnCreate'],
    ]);
  });
});
