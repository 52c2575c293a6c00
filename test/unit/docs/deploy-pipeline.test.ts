import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as parserTypes from '@actions/workflow-parser';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { STAGES } from '../../../lib/settings/stages.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** GitHub's own parser, with the schema of workflows inside. */
type Parser = Pick<typeof parserTypes, 'parseWorkflow' | 'convertWorkflowTemplate' | 'NoOperationTraceWriter'>;

interface Job {
  readonly needs?: string;
  readonly permissions?: object;
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
}

interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

let parser: Parser;
let text: string;
let workflow: Workflow;
let scripts: Readonly<Record<string, string>>;

beforeAll(async () => {
  parser = await loadParser();
  text = await readFile(join(ROOT, 'docs/examples/deploy.yml'), 'utf8');
  workflow = plain(JSON.parse(JSON.stringify(parse(text).value)) as Token) as Workflow;
  ({ scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: typeof scripts });
});

/** It imports JSON in a form that only bundlers take. */
async function loadParser(): Promise<Parser> {
  const folder = await mkdtemp(join(tmpdir(), 'workflow-parser-'));
  try {
    const { outputFiles } = await build({
      stdin: { contents: "export * from '@actions/workflow-parser'", resolveDir: ROOT },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    });
    const file = join(folder, 'parser.mjs');
    await writeFile(file, outputFiles[0]?.text ?? '');
    return (await import(pathToFileURL(file).href)) as Parser;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function parse(content: string): ReturnType<Parser['parseWorkflow']> {
  return parser.parseWorkflow({ name: 'deploy.yml', content }, new parser.NoOperationTraceWriter());
}

async function errorsOf(content: string): Promise<readonly string[]> {
  const { context, value } = parse(content);
  if (value !== undefined) await parser.convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

/** A token of the parser: a scalar, a sequence, a mapping or an expression. */
type Token =
  | string
  | number
  | boolean
  | null
  | { readonly seq: readonly Token[] }
  | { readonly map: readonly { readonly Key: string; readonly Value: Token }[] }
  | { readonly expr: string };

function plain(token: Token): unknown {
  if (typeof token !== 'object' || token === null) return token;
  if ('seq' in token) return token.seq.map(plain);
  if ('map' in token) return Object.fromEntries(token.map.map(({ Key, Value }) => [Key, plain(Value)]));
  return `\${{ ${token.expr} }}`;
}

/** What a job runs, in its order, expressions as `format` calls. */
function commandsOf(job: string): readonly string[] {
  return workflow.jobs[job]?.steps.flatMap(({ run }) => run ?? []) ?? [];
}

function scriptsIn(commands: readonly string[]): readonly string[] {
  return commands.flatMap((command) => /npm run ([\w:-]+)/.exec(command)?.[1] ?? []);
}

describe('the example of a deploy pipeline', () => {
  test('is a workflow that GitHub takes', async () => {
    expect(await errorsOf(text)).toEqual([]);
  });

  test.each([
    ['a key that does not exist', 'timeout-minutes: 60', 'timeout: 60'],
    ['a job that needs one that does not exist', 'needs: check', 'needs: checks'],
    ['an unknown context', '${{ vars.AWS_REGION }}', '${{ var.AWS_REGION }}'],
    ['an unknown permission', 'id-token: write', 'id-tokens: write'],
  ])('would not be taken with %s', async (_, right, wrong) => {
    expect(text).toContain(right);
    expect(await errorsOf(text.replace(right, wrong))).not.toEqual([]);
  });

  test('runs scripts that exist, for the stages that exist', () => {
    const used = scriptsIn(Object.keys(workflow.jobs).flatMap(commandsOf));
    expect(used).toEqual(expect.arrayContaining(['check', 'synth', 'diff', 'deploy', 'ops']));
    expect(used.filter((script) => !(script in scripts))).toEqual([]);
    const stages = Object.keys(STAGES);
    expect([...text.matchAll(/stage=(\w+)/g)].map(([, stage]) => stage)).toEqual(stages);
    expect(workflow.jobs['deploy']).toMatchObject({ strategy: { matrix: { stage: stages } } });
  });

  test('checks and tests before it deploys, and looks for losses right before', () => {
    expect(commandsOf('check')).toEqual(expect.arrayContaining(['npm ci', 'npm run check', 'npm test']));
    expect(workflow.jobs['deploy']?.needs).toBe('check');
    expect(scriptsIn(commandsOf('deploy'))).toEqual(['diff', 'deploy', 'ops', 'ops']);
  });

  test('may read the code, and get credentials only where it deploys', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(workflow.jobs['check']?.permissions).toBeUndefined();
    expect(workflow.jobs['deploy']?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  });

  test('holds no secret: it takes a role for as long as it runs', () => {
    expect(text).not.toMatch(/secrets\.|AKIA|access-key|password/i);
  });

  test('pins every action to a commit, and says which release that is', () => {
    const uses = [...text.matchAll(/uses: (.+)$/gm)].map(([, it = '']) => it);
    expect(uses.length).toBeGreaterThan(3);
    for (const it of uses) expect(it).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });
});
