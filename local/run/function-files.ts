import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Editors replace files, and not every file system tells of it: looking again and again sees every change. */
const LOOK_EVERY_MS = 300;

/** What files looked like: when they were written and how long they are, by path. */
type Look = ReadonlyMap<string, string>;

/** The files that a function is made of, looked at again and again. */
export class FunctionFiles {
  readonly #folder: string;
  #others: readonly string[];
  #last: Look | undefined;

  /**
   * Begins with files as they are when it is asked to remember or to wait.
   *
   * @param folder of the function: everything in it counts
   * @param inputs paths of what its bundle is made of, here and elsewhere
   */
  constructor(folder: string, inputs: readonly string[] = []) {
    this.#folder = folder;
    this.#others = inputs.filter(isOwnSource);
  }

  /** Takes the files as they are now: what changes from here on counts. */
  async remember(): Promise<void> {
    this.#last = await this.#look();
  }

  /** Looks at further files from now on. */
  async addInputs(inputs: readonly string[]): Promise<void> {
    const added = inputs.filter((path) => isOwnSource(path) && !this.#others.includes(path));
    this.#others = [...this.#others, ...added];
    // What has changed since the last look still counts.
    const looks = await Promise.all(added.map(lookAt));
    this.#last = new Map([...looks.filter((look) => look !== undefined), ...(this.#last ?? [])]);
  }

  /**
   * Waits until files have changed, and then until they have not changed for a moment: who saves several files, or pulls
   * a branch, means all of them.
   *
   * @returns paths of what was written, added or removed
   * @throws the signal's reason when it is aborted meanwhile
   */
  async change(signal: AbortSignal): Promise<readonly string[]> {
    const before = (this.#last ??= await this.#look());
    let now = before;
    do {
      await sleep(LOOK_EVERY_MS, undefined, { signal });
      const earlier = now;
      now = await this.#look();
      if (differences(earlier, now).length > 0) continue;
      const changed = differences(before, now);
      if (changed.length === 0) continue;
      this.#last = now;
      return changed;
    } while (!signal.aborted);
    throw signal.reason;
  }

  async #look(): Promise<Look> {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const own = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    const looks = await Promise.all([...new Set([...own, ...this.#others])].map(lookAt));
    return new Map(looks.flatMap((look) => (look === undefined ? [] : [look])));
  }
}

/** A package changes when it is installed. */
function isOwnSource(path: string): boolean {
  return !path.includes('node_modules/');
}

async function lookAt(path: string): Promise<readonly [string, string] | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && [path, `${found.mtimeMs} ${found.size}`];
}

function differences(before: Look, now: Look): readonly string[] {
  return [...new Set([...before.keys(), ...now.keys()])].filter((path) => before.get(path) !== now.get(path)).sort();
}
