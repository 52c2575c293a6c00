import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { keepClassNames } from './keep-class-names.ts';

/** Root of the repository: what source paths in a bundle are relative to, so that every checkout gives one hash. */
const ROOT = join(import.meta.dirname, '..');

/** Stands in the code for the hash of the code; as long as the hash, so that the source map stays true. */
const BUILD_VERSION_PLACEHOLDER = '@-build-version-';

/** CommonJS dependencies inside an ES module still call `require` for Node's built-in modules. */
const REQUIRE_BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** A Lambda function as it is deployed: one ES module and its source map. */
export interface FunctionBundle {
  /** JavaScript of `index.mjs`, minified. */
  readonly code: string;
  /** Source map of `code`, with paths relative to the repository and no source text. */
  readonly sourceMap: string;
  /** First 16 hex digits of the SHA-256 of the code: the version that log lines and the batch log carry. */
  readonly buildVersion: string;
  /** Bytes each input file contributes to the code, keyed by path. */
  readonly inputs: Readonly<Record<string, number>>;
}

/**
 * Bundles a function for the Node.js 24 runtime: the AWS SDK inside, so that what was tested is what runs, and the
 * same source gives the same bytes on any machine and in any folder.
 *
 * @param entry path of the handler module, relative to the repository
 * @param plugins change the source on its way into the bundle; for tests of the tests only
 * @throws esbuild's `BuildFailure` when the source does not bundle
 */
export async function bundleFunction(entry: string, plugins: readonly Plugin[] = []): Promise<FunctionBundle> {
  const result = await build({
    entryPoints: [join(ROOT, entry)],
    absWorkingDir: ROOT,
    outfile: join(ROOT, 'out/index.mjs'),
    write: false,
    metafile: true,
    bundle: true,
    // Paths stay as they are written, so a node_modules that is a link gives the same source map as a folder.
    preserveSymlinks: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The module builds of the SDK can be tree-shaken, the CommonJS ones cannot: a third of the bundle.
    mainFields: ['module', 'main'],
    alias: { '@aws-sdk/credential-provider-node': join(ROOT, 'build/lambda-credentials.ts') },
    sourcemap: 'linked',
    sourcesContent: false,
    banner: { js: REQUIRE_BANNER },
    define: { 'process.env.BUILD_VERSION': JSON.stringify(BUILD_VERSION_PLACEHOLDER) },
    plugins: [...plugins, keepClassNames],
    logLevel: 'silent',
  });
  const template = textOf(result.outputFiles, '.mjs');
  const buildVersion = createHash('sha256').update(template).digest('hex').slice(0, BUILD_VERSION_PLACEHOLDER.length);
  const output = Object.entries(result.metafile.outputs).find(([path]) => path.endsWith('.mjs'));
  return {
    code: template.replaceAll(BUILD_VERSION_PLACEHOLDER, buildVersion),
    sourceMap: textOf(result.outputFiles, '.map'),
    buildVersion,
    inputs: Object.fromEntries(
      Object.entries(output?.[1].inputs ?? {}).map(([path, { bytesInOutput }]) => [path, bytesInOutput]),
    ),
  };
}

/**
 * Bundles a function and writes it as `index.mjs` and `index.mjs.map`.
 *
 * @param entry path of the handler module, relative to the repository
 * @param directory where the two files go; created when missing
 * @param plugins as for {@link bundleFunction}
 * @returns the bundle that was written
 */
export async function writeFunctionBundle(
  entry: string,
  directory: string,
  plugins: readonly Plugin[] = [],
): Promise<FunctionBundle> {
  const bundle = await bundleFunction(entry, plugins);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'index.mjs'), bundle.code);
  await writeFile(join(directory, 'index.mjs.map'), bundle.sourceMap);
  return bundle;
}

function textOf(files: readonly { readonly path: string; readonly text: string }[], ending: string): string {
  const file = files.find(({ path }) => path.endsWith(ending));
  if (file === undefined) throw new Error(`esbuild wrote no ${ending} file`);
  return file.text;
}
