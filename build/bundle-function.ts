import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { build, type BuildFailure, type Message, type Metafile, type Plugin } from 'esbuild';
import { ProblemsError } from '../contract/problems-error.ts';
import { FRAMEWORK_ROOT } from './function-folder.ts';
import { keepClassNames } from './keep-class-names.ts';
import { leaveOut } from './leave-out.ts';

/** Of this module, and so of every other of the framework: `.ts` in the repository, `.js` in the package. */
const EXTENSION = extname(import.meta.filename);

/** Stands in the code for the hash of the code; as long as the hash, so that the source map stays true. */
const BUILD_VERSION_PLACEHOLDER = '@-build-version-';

/** Stands in the code for one of two words of its own length: whether the bundle holds the function that removes rows. */
const USES_REMOVE_PLACEHOLDER = '@-rm?-';
const USES_REMOVE = { yes: 'always', no: 'never-' } as const;
/** Source of that function. */
const REMOVE_SOURCE = `processor/tables/remove${EXTENSION}`;

/** CommonJS dependencies inside an ES module still call `require` for Node's built-in modules. */
const REQUIRE_BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** Thrown when source does not bundle; `problems` has one entry for each place. */
export class BundleError extends ProblemsError {
  /**
   * Collects the problems into one message.
   *
   * @param problems one each: file, line and column, what is wrong, and what to do
   */
  constructor(problems: readonly string[]) {
    super(problems, { name: 'BundleError', heading: 'the function does not bundle' });
  }
}

/** A Lambda function as it is deployed: one ES module and its source map. */
export interface FunctionBundle {
  /** JavaScript of `index.mjs`, minified. */
  readonly code: string;
  /** Source map of `code`, with paths relative to the project's folder and no source text. */
  readonly sourceMap: string;
  /** First 16 hex digits of the SHA-256 of the code: the version that log lines and the batch log carry. */
  readonly buildVersion: string;
  /** Bytes each input file contributes to the code, keyed by path. */
  readonly inputs: Readonly<Record<string, number>>;
}

/** How a function is bundled. */
export interface BundleOptions {
  /**
   * Folder of the project, absolute: what source paths in the bundle are relative to, so that every checkout gives one
   * hash. @defaultValue the working directory
   */
  readonly root?: string;
  /** Change the source on its way into the bundle; for tests of the tests only. */
  readonly plugins?: readonly Plugin[];
}

/**
 * Bundles a function for the Node.js 24 runtime: the AWS SDK inside, so that what was tested is what runs, and the
 * same source gives the same bytes on any machine and in any folder.
 *
 * @param entry path of the handler module, relative to `root`
 * @throws {@link BundleError} with every place where the source does not bundle
 */
export async function bundleFunction(
  entry: string,
  { root = process.cwd(), plugins = [] }: BundleOptions = {},
): Promise<FunctionBundle> {
  const result = await build({
    entryPoints: [resolve(root, entry)],
    absWorkingDir: root,
    outfile: join(root, 'out/index.mjs'),
    write: false,
    metafile: true,
    bundle: true,
    // In the repository paths stay as they are written, so a node_modules that is a link gives the same source map as a
    // folder. Installed, the package may be a link itself, and its dependencies are where that leads.
    preserveSymlinks: EXTENSION === '.ts',
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The module builds of the SDK can be tree-shaken, the CommonJS ones cannot: a third of the bundle.
    mainFields: ['module', 'main'],
    alias: { '@aws-sdk/credential-provider-node': join(FRAMEWORK_ROOT, `build/lambda-credentials${EXTENSION}`) },
    sourcemap: 'linked',
    sourcesContent: false,
    banner: { js: REQUIRE_BANNER },
    define: {
      'process.env.BUILD_VERSION': JSON.stringify(BUILD_VERSION_PLACEHOLDER),
      'process.env.USES_REMOVE': JSON.stringify(USES_REMOVE_PLACEHOLDER),
    },
    plugins: [...plugins, leaveOut, keepClassNames],
    logLevel: 'silent',
  }).catch(explain);
  refuseUndefinedImports(result.warnings);
  const inputs = inputsOf(result.metafile);
  const template = textOf(result.outputFiles, '.mjs').replaceAll(USES_REMOVE_PLACEHOLDER, usesRemove(inputs));
  const buildVersion = createHash('sha256').update(template).digest('hex').slice(0, BUILD_VERSION_PLACEHOLDER.length);
  return {
    code: template.replaceAll(BUILD_VERSION_PLACEHOLDER, buildVersion),
    sourceMap: textOf(result.outputFiles, '.map'),
    buildVersion,
    inputs,
  };
}

function inputsOf({ outputs }: Metafile): Readonly<Record<string, number>> {
  const output = Object.entries(outputs).find(([path]) => path.endsWith('.mjs'));
  const inputs = Object.entries(output?.[1].inputs ?? {});
  return Object.fromEntries(inputs.map(([path, { bytesInOutput }]) => [path, bytesInOutput]));
}

function usesRemove(inputs: Readonly<Record<string, number>>): string {
  const isUsed = Object.entries(inputs).some(([path, bytes]) => path.endsWith(REMOVE_SOURCE) && bytes > 0);
  return USES_REMOVE[isUsed ? 'yes' : 'no'];
}

/**
 * Bundles a function and writes it as `index.mjs` and `index.mjs.map`.
 *
 * @param entry path of the handler module, relative to the root
 * @param directory where the two files go; created when missing
 * @param options as for {@link bundleFunction}
 * @returns the bundle that was written
 */
export async function writeFunctionBundle(
  entry: string,
  directory: string,
  options: BundleOptions = {},
): Promise<FunctionBundle> {
  const bundle = await bundleFunction(entry, options);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'index.mjs'), bundle.code);
  await writeFile(join(directory, 'index.mjs.map'), bundle.sourceMap);
  return bundle;
}

function explain(error: unknown): never {
  throw isBuildFailure(error) ? new BundleError(error.errors.map(describeMessage)) : error;
}

/** A warning to the bundler, an exception to the function when it loads. */
function refuseUndefinedImports(warnings: readonly Message[]): void {
  const undefinedImports = warnings.filter(({ id }) => id === 'import-is-undefined');
  if (undefinedImports.length > 0) throw new BundleError(undefinedImports.map(describeMessage));
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

/** Where it is, what is wrong, what to do, and the line itself. */
function describeMessage({ text, location, notes }: Message): string {
  const place = location === null ? '' : `${location.file}:${location.line}:${location.column + 1}: `;
  const line = location === null ? '' : `, in \`${location.lineText.trim()}\``;
  const advice = adviceFor(text);
  const details = notes.flatMap((note) => (note.location === null && !isAboutExternals(note.text) ? [note.text] : []));
  return [`${place}${text}${line}${advice === undefined ? '' : `; ${advice}`}`, ...details].join('\n');
}

/** Leaving a package out of the bundle, as esbuild proposes, is no way out: Lambda has nothing but the bundle. */
function isAboutExternals(text: string): boolean {
  return text.includes('as external');
}

/** What to do about the messages that do not say so by themselves. */
function adviceFor(text: string): string | undefined {
  const unresolved = /^Could not resolve "(.+)"$/.exec(text)?.[1];
  if (unresolved === undefined) {
    return /^(No matching export|Import ".*" will always be undefined)/.test(text)
      ? 'export it there, or correct the name'
      : undefined;
  }
  if (/^[./]/.test(unresolved)) return 'there is no such file; correct the path';
  const [scope = '', name = ''] = unresolved.split('/');
  return `correct the name, or install it with npm install ${scope.startsWith('@') ? `${scope}/${name}` : scope}`;
}

function textOf(files: readonly { readonly path: string; readonly text: string }[], ending: string): string {
  const file = files.find(({ path }) => path.endsWith(ending));
  if (file === undefined) throw new Error(`esbuild wrote no ${ending} file`);
  return file.text;
}
