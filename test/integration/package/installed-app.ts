import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createScratchProject } from '../../support/scratch-project.ts';

const run = promisify(execFile);
const CHECKOUT = join(import.meta.dirname, '../../..');
const FIXTURE = join(import.meta.dirname, 'app');
const NAME = 'kinesis-to-aurora';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** An app of somebody else in a folder of its own, with the packed package installed. */
export interface InstalledApp {
  readonly root: string;
  /** Package names that the app itself asks for. */
  readonly asksFor: readonly string[];
  /** Manifest of the installed package. */
  readonly manifest: Manifest;
  /** Takes an installed package away. */
  readonly uninstall: (name: string) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/**
 * Packs the project and installs the package, what it declares as dependencies, and what the app declares. All but the
 * package itself are links to what `npm ci` has brought to the checkout, so no network is needed; what is declared
 * nowhere is not there.
 */
export async function installApp(): Promise<InstalledApp> {
  const root = await mkdtemp(join(tmpdir(), 'installed-app-'));
  try {
    await cp(FIXTURE, root, { recursive: true });
    const modules = join(root, 'node_modules');
    await extract(await pack(root), join(modules, NAME));
    const manifest = await readManifest(join(modules, NAME));
    const own = await readManifest(root);
    const asksFor = [own.dependencies, own.devDependencies].flatMap((names) => Object.keys(names ?? {}));
    const names = new Set([...asksFor, ...Object.keys(manifest.dependencies ?? {})]);
    names.delete(NAME);
    for (const name of names) await link(name, modules);
    return {
      root,
      asksFor,
      manifest,
      uninstall: (name) => rm(join(modules, name)),
      remove: () => rm(root, { recursive: true, force: true }),
    };
  } catch (error) {
    await rm(root, { recursive: true, force: true });
    throw error;
  }
}

/** In a copy of the checkout, where nobody else builds meanwhile. */
async function pack(folder: string): Promise<string> {
  const project = await createScratchProject();
  try {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: project.root });
    const [packed] = JSON.parse(stdout) as readonly { readonly filename: string }[];
    const file = join(folder, `${NAME}.tgz`);
    await rename(join(folder, packed?.filename ?? ''), file);
    return file;
  } finally {
    await project.remove();
  }
}

async function extract(file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await run('tar', ['-xzf', file, '-C', folder, '--strip-components=1']);
}

async function link(name: string, modules: string): Promise<void> {
  await mkdir(dirname(join(modules, name)), { recursive: true });
  await symlink(join(CHECKOUT, 'node_modules', name), join(modules, name));
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}
