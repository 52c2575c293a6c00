import {
  CALL_FAULT_KINDS,
  INVOCATION_FAULT_KINDS,
  POISON_KINDS,
  type CallFaultKind,
  type InvocationFaultKind,
  type PoisonKind,
  type StreamFaultKind,
} from './faults/fault-kind.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';

/** Where the records of a run are read from. */
export type ChaosSource = 'memory' | 'kinesis';

/** A record that can never succeed, made from a real flight and put behind it. */
export interface PlannedPoison {
  readonly kind: PoisonKind;
  /** Index of the flight that it is made from. */
  readonly flight: number;
}

/** Something that happens to the nth call of its sort. */
export interface PlannedCallFault {
  readonly kind: CallFaultKind;
  readonly on: 'write' | 'lookup';
  /** Number of the call among those of its sort, from 0. */
  readonly nth: number;
  /** Milliseconds, for the kinds that last. */
  readonly durationMs: number;
}

/** Something that happens to the nth invocation. */
export interface PlannedInvocationFault {
  readonly kind: InvocationFaultKind;
  /** Number of the invocation, from 0. */
  readonly nth: number;
}

/** Something that happens to the stream once so many records are resolved. */
export interface PlannedStreamFault {
  readonly kind: StreamFaultKind;
  /** Share of the records, 0 to 1. */
  readonly afterShare: number;
}

/** One run of chaos, written down before it begins: pure data, the same for the same seed. */
export interface ChaosPlan {
  readonly seed: number;
  readonly source: ChaosSource;
  /** Real flights on the stream, beside the poison and the repeated ones. */
  readonly flights: number;
  /** Index of the first flight in the data set. */
  readonly firstFlight: number;
  readonly shards: number;
  readonly batchSize: number;
  readonly parallelizationFactor: number;
  /** `origin`: an airport's flights stay in order; `spread`: lanes meet on the same rows. */
  readonly partitionKeys: 'origin' | 'spread';
  /** Whether flights come in another order than they left. */
  readonly isShuffled: boolean;
  readonly maxRequestBytes: number;
  readonly latencyMs: number;
  readonly poison: readonly PlannedPoison[];
  /** Indexes of flights that the producer puts twice. */
  readonly repeatedFlights: readonly number[];
  readonly callFaults: readonly PlannedCallFault[];
  readonly invocationFaults: readonly PlannedInvocationFault[];
  readonly streamFaults: readonly PlannedStreamFault[];
  /** Inserts into the quarantine that fail, from the first on. */
  readonly quarantineFailures: number;
  /** Time the database takes for each counter row: widens the moment in which lanes can lock each other out. */
  readonly rowDelaySeconds: number;
}

/** What a plan is drawn for: everything that can happen, or many lanes on the same rows. */
export type ChaosProfile = 'mixed' | 'contention';

/** Flights of the data set that a run may begin with, so that runs see different ones. */
const FLIGHTS_TO_CHOOSE_FROM = 15_000;
const SMALL_REQUEST_BYTES = 65_536;
const FULL_REQUEST_BYTES = 4 * 1024 * 1024;
/** Poison that needs small requests: its rows, or its payload, are too large for one. */
const LARGE_POISON: readonly PoisonKind[] = ['poison-too-large', 'poison-oversized'];

/**
 * Draws a plan.
 *
 * @param seed whole number: the same seed gives the same plan
 * @param options where the run reads from, and what it is drawn for
 */
export function createChaosPlan(
  seed: number,
  { source = 'memory', profile = 'mixed' }: { readonly source?: ChaosSource; readonly profile?: ChaosProfile } = {},
): ChaosPlan {
  const random = createSeededRandom(seed);
  return profile === 'mixed' ? mixedPlan(seed, source, random) : contentionPlan(seed, source, random);
}

function mixedPlan(seed: number, source: ChaosSource, random: SeededRandom): ChaosPlan {
  const flights = random.integer(120, 500);
  const shards = random.integer(1, 3);
  const hasSmallRequests = random.chance(0.5);
  const kinds = POISON_KINDS.filter((kind) => hasSmallRequests || !LARGE_POISON.includes(kind));
  return {
    seed,
    source,
    flights,
    firstFlight: random.integer(0, FLIGHTS_TO_CHOOSE_FROM),
    shards,
    batchSize: random.integer(20, 250),
    parallelizationFactor: shards === 1 ? random.integer(1, 3) : random.integer(1, 2),
    partitionKeys: random.pick(['origin', 'spread']),
    isShuffled: random.chance(0.7),
    maxRequestBytes: hasSmallRequests ? SMALL_REQUEST_BYTES : FULL_REQUEST_BYTES,
    latencyMs: random.pick([0, 0, 2, 10]),
    poison: times(random.integer(0, Math.floor(flights / 25)), () => ({
      kind: random.pick(kinds),
      flight: random.integer(0, flights - 1),
    })),
    repeatedFlights: times(random.integer(0, 10), () => random.integer(0, flights - 1)),
    callFaults: times(random.integer(1, 5), () => callFault(random)),
    invocationFaults: times(random.integer(0, 3), () => ({
      kind: random.pick(INVOCATION_FAULT_KINDS),
      nth: random.integer(0, 8),
    })),
    streamFaults: times(random.integer(0, 2), () => streamFault(source, random)),
    quarantineFailures: random.chance(0.25) ? random.integer(1, 3) : 0,
    rowDelaySeconds: 0,
  };
}

/** Big batches in many lanes that lock the same rows: nothing goes wrong but what the lanes do to each other. */
function contentionPlan(seed: number, source: ChaosSource, random: SeededRandom): ChaosPlan {
  const flights = 600;
  return {
    seed,
    source,
    flights,
    firstFlight: random.integer(0, FLIGHTS_TO_CHOOSE_FROM),
    shards: 2,
    batchSize: 100,
    parallelizationFactor: 2,
    partitionKeys: 'spread',
    isShuffled: true,
    maxRequestBytes: FULL_REQUEST_BYTES,
    latencyMs: 0,
    poison: [],
    repeatedFlights: times(100, () => random.integer(0, flights - 1)),
    callFaults: [],
    invocationFaults: times(3, (index) => ({ kind: 'duplicate-delivery', nth: 2 * index })),
    streamFaults: [],
    quarantineFailures: 0,
    rowDelaySeconds: 0.001,
  };
}

const LOOKUP_FAULTS: readonly CallFaultKind[] = ['lookup-failed', 'database-resuming', 'call-slow'];

function callFault(random: SeededRandom): PlannedCallFault {
  const kind = random.pick(CALL_FAULT_KINDS);
  const onLookup = kind === 'lookup-failed' || (LOOKUP_FAULTS.includes(kind) && random.chance(0.3));
  return {
    kind,
    on: onLookup ? 'lookup' : 'write',
    nth: random.integer(0, onLookup ? 3 : 9),
    durationMs: random.integer(50, 400),
  };
}

function streamFault(source: ChaosSource, random: SeededRandom): PlannedStreamFault {
  const kinds: readonly StreamFaultKind[] =
    source === 'memory' ? ['shard-split', 'shard-merge', 'iterators-expired'] : ['shard-split', 'shard-merge'];
  return { kind: random.pick(kinds), afterShare: random.integer(5, 60) / 100 };
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
