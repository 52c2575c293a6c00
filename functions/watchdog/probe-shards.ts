import { setTimeout as sleepFor } from 'node:timers/promises';
import { ShardReader, type Bookmark, type ReadOptions } from './shard-reader.ts';
import type { ShardPosition, ShardProbe, ShardState } from './shard-state.ts';

/** What a run remembers of a shard for the next one. */
export interface ShardMemory {
  /** The committed position that it belongs to; with another one it means nothing. */
  readonly lastSequenceNumber: string | undefined;
  /** Where to go on reading. */
  readonly bookmark: Bookmark | undefined;
  /** When the first record after the position came in, if there was one. */
  readonly arrivalMs: number | undefined;
}

/** How to ask a stream, and how long. */
export interface ProbeOptions extends ReadOptions {
  /** What earlier runs saw, by shard; kept up to date. */
  readonly memory: Map<string, ShardMemory>;
  /** No turn begins after it, in milliseconds since 1970. */
  readonly deadlineMs: number;
  /** Waits. @defaultValue the clock of this machine */
  readonly sleep?: ((ms: number) => Promise<unknown>) | undefined;
}

/** Shards asked at a time. */
const CONCURRENCY = 10;

/** Turns of a shard in one run; where they end, the next run goes on. */
const MAX_TURNS = 8;

/** Failed turns in a row after which a shard counts as unreadable; the client has repeated each call by then. */
const MAX_FAILURES = 3;

/** Between two turns of a shard. */
const PAUSE_MS = 1_000;

interface Probing {
  readonly reader: ShardReader;
  probe: ShardProbe | undefined;
  /** Errors of the last turns, back to the last one that came to its end. */
  errors: readonly unknown[];
}

/**
 * Asks every shard for the first record after its committed position. One that needs more reads, or fails, takes its
 * further turns after all others had theirs, and a failure stays its own.
 *
 * @param positions one for each shard to ask
 * @returns what became of each of them
 */
export async function probeShards(
  options: ProbeOptions,
  positions: readonly ShardPosition[],
): Promise<readonly ShardState[]> {
  const { memory, now, deadlineMs, sleep = sleepFor } = options;
  const probing = positions.map((position) => startProbing(options, position));
  let open: readonly Probing[] = probing;
  for (let turn = 1; open.length > 0 && turn <= MAX_TURNS; turn += 1) {
    if (turn > 1) await sleep(PAUSE_MS);
    if (now() >= deadlineMs) break;
    await takeTurns(open, () => now() < deadlineMs);
    open = open.filter(({ probe, errors }) => probe === undefined && errors.length < MAX_FAILURES);
  }
  return probing.map((shard) => {
    const { position } = shard.reader;
    const state = { position, probe: shard.probe ?? unsettled(shard, memory.get(position.shardId)) };
    remember(memory, state, shard.reader.bookmark);
    return state;
  });
}

function startProbing(options: ProbeOptions, position: ShardPosition): Probing {
  const remembered = options.memory.get(position.shardId);
  if (remembered?.lastSequenceNumber !== position.lastSequenceNumber) options.memory.delete(position.shardId);
  const bookmark = options.memory.get(position.shardId)?.bookmark;
  return { reader: new ShardReader(options, position, bookmark), probe: undefined, errors: [] };
}

async function takeTurns(shards: readonly Probing[], isTimeLeft: () => boolean): Promise<void> {
  const queue = shards.values();
  const work = async (): Promise<void> => {
    for (const shard of queue) if (isTimeLeft()) await takeTurn(shard);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

async function takeTurn(shard: Probing): Promise<void> {
  try {
    shard.probe = await shard.reader.takeTurn();
    shard.errors = [];
  } catch (error) {
    shard.errors = [...shard.errors, error];
  }
}

function unsettled({ errors }: Probing, remembered: ShardMemory | undefined): ShardProbe {
  const knownArrivalMs = remembered?.arrivalMs;
  const error = errors.at(-1);
  return error === undefined ? { kind: 'unknown', knownArrivalMs } : { kind: 'unreadable', error, knownArrivalMs };
}

function remember(
  memory: Map<string, ShardMemory>,
  { position, probe }: ShardState,
  bookmark: Bookmark | undefined,
): void {
  const { shardId, lastSequenceNumber } = position;
  memory.set(shardId, { lastSequenceNumber, ...whatStays(probe, bookmark) });
}

function whatStays(probe: ShardProbe, bookmark: Bookmark | undefined): Pick<ShardMemory, 'bookmark' | 'arrivalMs'> {
  switch (probe.kind) {
    case 'record':
      // The next run must see the record again, so it starts at the position.
      return { bookmark: undefined, arrivalMs: probe.arrivalMs };
    case 'caught-up':
      return { bookmark, arrivalMs: undefined };
    case 'unknown':
    case 'unreadable':
      return { bookmark, arrivalMs: probe.knownArrivalMs };
  }
}
