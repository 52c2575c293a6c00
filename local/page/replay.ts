import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { UsageError } from '../../command-line/usage-error.ts';
import { describeDuration } from '../../progress/plain-words.ts';
import type { PageSnapshot } from './page-snapshot.ts';
import type { PageForm } from './render-page.ts';
import { startPage, type Page } from './start-page.ts';

const TICK_MS = 1_000;
const MAX_SPEED = 600;

/**
 * Reads what `--record` has written: a snapshot a line.
 *
 * @param option that names the file, for the message
 * @throws {@link UsageError} for a file that cannot be read or is no recording
 */
export async function readRecording(path: string, option: string): Promise<readonly PageSnapshot[]> {
  const snapshots: PageSnapshot[] = [];
  let broken: UsageError | undefined;
  const refuse = (got: string): UsageError =>
    new UsageError([`\`${option}\` must be a file written by \`--record\`, got ${path}: ${got}`]);
  try {
    for await (const line of createInterface({ input: createReadStream(path) })) {
      if (broken !== undefined) throw broken;
      const snapshot = parseSnapshot(line);
      if (snapshot !== undefined) snapshots.push(snapshot);
      // A run that was killed leaves half a line at the end.
      else broken = refuse(`line ${snapshots.length + 1} is no snapshot`);
    }
  } catch (error) {
    throw error instanceof UsageError ? error : refuse(error instanceof Error ? error.message : String(error));
  }
  if (snapshots.length === 0) throw broken ?? refuse('it is empty');
  return snapshots;
}

function parseSnapshot(line: string): PageSnapshot | undefined {
  try {
    const snapshot = JSON.parse(line) as Partial<PageSnapshot> | null;
    const isSnapshot = typeof snapshot?.atMs === 'number' && Array.isArray(snapshot.shards);
    return isSnapshot ? (snapshot as PageSnapshot) : undefined;
  } catch {
    return undefined;
  }
}

/** Shows a recording on a page, which has buttons for going on, standing still and going elsewhere. */
export async function replay(snapshots: readonly PageSnapshot[], port?: number): Promise<Page> {
  const player = new Player(snapshots);
  const page = await startPage({
    title: `${player.current.functionName}, a recording of ${new Date(player.startMs).toLocaleString('sv-SE')}`,
    first: player.current,
    forms: player.forms,
    act: (action, fields) => Promise.resolve(player.act(action, fields)),
    ...(port !== undefined && { port }),
  });
  const ticking = setInterval(() => {
    for (const snapshot of player.advance(TICK_MS)) page.show(snapshot);
  }, TICK_MS);
  return {
    url: page.url,
    show: page.show,
    [Symbol.asyncDispose]: () => {
      clearInterval(ticking);
      return page[Symbol.asyncDispose]();
    },
  };
}

/** Where a recording stands, and how fast it goes on. */
export class Player {
  readonly startMs: number;
  readonly #snapshots: readonly PageSnapshot[];
  #speed = 1;
  #isPlaying = true;
  #atMs: number;
  #shown = 0;

  /**
   * Puts a recording at its beginning.
   *
   * @param snapshots at least one, in the order in which they were taken
   */
  constructor(snapshots: readonly PageSnapshot[]) {
    this.#snapshots = snapshots;
    this.startMs = snapshots[0]?.atMs ?? 0;
    this.#atMs = this.startMs;
  }

  /** The snapshot that is shown. */
  get current(): PageSnapshot {
    const snapshot = this.#snapshots[this.#shown];
    if (snapshot === undefined) throw new Error('a recording has at least one snapshot');
    return snapshot;
  }

  /** Its buttons. */
  get forms(): readonly PageForm[] {
    const seconds = Math.ceil(((this.#snapshots.at(-1)?.atMs ?? this.startMs) - this.startMs) / 1000);
    return [
      {
        action: 'play',
        button: 'Play',
        fields: [{ name: 'speed', label: 'Times as fast', min: 1, max: MAX_SPEED, value: 1 }],
      },
      { action: 'pause', button: 'Stand still' },
      {
        action: 'seek',
        button: 'Go there',
        fields: [{ name: 'second', label: `Second, up to ${seconds}`, min: 0, max: seconds, value: 0 }],
      },
    ];
  }

  /** Does what a button asks for; says what it did. */
  act(action: string, { speed = 1, second = 0 }: Readonly<Record<string, number>>): string {
    switch (action) {
      case 'play':
        [this.#isPlaying, this.#speed] = [true, speed];
        return `Playing, ${speed} times as fast.`;
      case 'pause':
        this.#isPlaying = false;
        return 'Standing still.';
      default:
        this.#atMs = this.startMs + 1000 * second;
        // What lies between is shown again from the beginning, so that the charts are as they were.
        this.#shown = -1;
        return `At ${describeDuration(second)}.`;
    }
  }

  /**
   * Lets time pass.
   *
   * @param ms of the person who looks
   * @returns the snapshots that came up meanwhile, oldest first
   */
  advance(ms: number): readonly PageSnapshot[] {
    if (this.#isPlaying) this.#atMs += ms * this.#speed;
    const from = this.#shown + 1;
    while ((this.#snapshots[this.#shown + 1]?.atMs ?? Infinity) <= this.#atMs) this.#shown += 1;
    this.#shown = Math.max(0, this.#shown);
    return this.#snapshots.slice(from, this.#shown + 1);
  }
}
