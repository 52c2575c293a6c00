import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FunctionBundle } from '../../../build/bundle-function.ts';
import { bundleFunction, writeFunctionBundle } from '../../../build/bundle-function.ts';

/** The module itself, loaded from another folder. */
interface Bundler {
  readonly bundleFunction: typeof bundleFunction;
}

const ROOT = join(import.meta.dirname, '../../..');
const ENTRY = 'functions/flights/handler.ts';

let directory: string;
let bundle: FunctionBundle;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bundle-'));
  bundle = await bundleFunction(ENTRY);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the bundle of a function', () => {
  it('is the same, byte by byte, when it is made again', async () => {
    expect(await bundleFunction(ENTRY)).toEqual(bundle);
  });

  it('is the same in a copy of the repository in another folder', async () => {
    const copy = join(directory, 'a', 'copy');
    for (const part of ['build', 'contract', 'data-api', 'functions', 'processor', 'package.json']) {
      await cp(join(ROOT, part), join(copy, part), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const copied = (await import(join(copy, 'build/bundle-function.ts'))) as Bundler;
    expect(await copied.bundleFunction(ENTRY, { root: copy })).toEqual(bundle);
  });

  it('takes no more than 400 KB', () => {
    expect(Buffer.byteLength(bundle.code)).toBeLessThanOrEqual(400_000);
  });

  it.each(['flights', 'migrate', 'watchdog', 'prune'])(
    'has everything in it that %s loads, but what is built into Node.js',
    async (name) => {
      const { code } = await bundleFunction(`functions/${name}/handler.ts`);
      const imports = [...code.matchAll(/\bfrom"([^"]+)"|\bimport"([^"]+)"/g)].map(([, from, bare]) => from ?? bare);
      expect(imports.length).toBeGreaterThan(3);
      expect(imports.filter((path) => !isBuiltin(path ?? ''))).toEqual([]);
    },
  );

  it('names no folder of the machine it was made on', () => {
    const { sources, sourcesContent } = JSON.parse(bundle.sourceMap) as { sources: string[]; sourcesContent?: unknown };
    expect(sourcesContent).toBeUndefined();
    expect(sources).toContain('../functions/flights/projection.ts');
    for (const source of sources)
      expect(source).toMatch(/^\.\.\/(node_modules|build|contract|data-api|functions|processor)\//);
    for (const text of [bundle.code, bundle.sourceMap]) expect(text).not.toContain(ROOT);
  });

  it('carries its version, the hash of the code that the version stands in', () => {
    expect(bundle.buildVersion).toMatch(/^[0-9a-f]{16}$/);
    expect(bundle.code.split(bundle.buildVersion)).toHaveLength(2);
    const template = bundle.code.replace(bundle.buildVersion, '@-build-version-');
    expect(createHash('sha256').update(template).digest('hex').startsWith(bundle.buildVersion)).toBe(true);
    expect(bundle.code).not.toContain('unbundled');
  });

  it('holds the engine, the projection and the client, and says what each weighs', () => {
    const inputs = Object.keys(bundle.inputs);
    expect(inputs).toEqual(expect.arrayContaining([ENTRY, 'processor/process-batch.ts']));
    expect(inputs.some((path) => path.startsWith('node_modules/@aws-sdk/client-rds-data/'))).toBe(true);
    const weight = Object.values(bundle.inputs).reduce((sum, bytes) => sum + bytes, 0);
    expect(weight).toBeLessThanOrEqual(Buffer.byteLength(bundle.code));
    expect(weight).toBeGreaterThan(Buffer.byteLength(bundle.code) * 0.9);
  });

  it('is a module that Node loads', async () => {
    await writeFunctionBundle(ENTRY, join(directory, 'out'));
    expect(await readFile(join(directory, 'out/index.mjs'), 'utf8')).toBe(bundle.code);
    expect(await readFile(join(directory, 'out/index.mjs.map'), 'utf8')).toBe(bundle.sourceMap);
    // It gets as far as reading its environment: everything it needs is inside.
    const started = promisify(execFile)(process.execPath, [join(directory, 'out/index.mjs')], { env: {} });
    await expect(started).rejects.toMatchObject({
      stderr: expect.stringContaining('- `CLUSTER_ARN` must be set, got nothing') as string,
    });
  });
});

it.each([
  ['uses', 'export const gone = remove({ id: 1 });', ['SELECT', 'INSERT', 'UPDATE', 'DELETE']],
  ['never uses', '', ['SELECT', 'INSERT', 'UPDATE']],
])('of code that %s `remove` knows so', async (name, use, privileges) => {
  const entry = join(directory, `${name}.ts`);
  await writeFile(
    entry,
    `import { remove, versions } from '${ROOT}/processor/projection.ts';
     ${use}
     export const { privileges } = versions({ key: { id: 'text' }, version: { v: 'integer' }, columns: {} });`,
  );
  await writeFunctionBundle(entry, join(directory, name));
  const loaded = (await import(join(directory, name, 'index.mjs'))) as { readonly privileges: readonly string[] };
  expect(loaded.privileges).toEqual(privileges);
});

it('says what is wrong with source that does not bundle', async () => {
  await expect(bundleFunction('functions/none/handler.ts')).rejects.toThrow(/Could not resolve/);
});
