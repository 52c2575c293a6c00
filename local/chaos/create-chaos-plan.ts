import { drawBookings } from './booking-plan.ts';
import { BAD_BUILDS } from './chaos-builds.ts';
import type {
  ChaosPlan,
  ChaosSource,
  GateBefore,
  PlannedCallFault,
  PlannedIncident,
  PlannedRows,
  PlannedStreamFault,
} from './chaos-plan.ts';
import { REPORT_MINUTES, REPORTED_AIRPORTS } from './chaos-plan.ts';
import {
  CALL_FAULTS,
  INVOCATION_FAULTS,
  KILLERS,
  kindsOf,
  POISON,
  type CallFaultKind,
  type PoisonKind,
  type StreamFaultKind,
} from './faults/fault-kind.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import { REVOKED_GRANTS } from './world/processor-role.ts';

/** What a plan is drawn for: everything that can happen, or runs in which one thing is sure to. */
export type ChaosProfile =
  'mixed' | 'contention' | 'versions' | 'poison' | 'healing' | 'bad-deploy' | 'repeats' | 'missing-grant' | 'killers';

/** Flights of the data set that a run may begin with, so that runs see different ones. */
const FLIGHTS_TO_CHOOSE_FROM = 15_000;
const SMALL_REQUEST_BYTES = 73_728;
const FULL_REQUEST_BYTES = 4 * 1024 * 1024;
/** Short, so that an invocation that waits for a database gives up soon and the mapping has its turn. */
const FUNCTION_TIMEOUT_MS = 8_000;
/** Every process that a record keeps in a loop costs a run so much; the engine needs a second to look at a record alone. */
const KILLERS_TIMEOUT_MS = 4_000;
/** Poison records that follow one another in runs that are about poison. */
const POISON_TOGETHER = 3;
const FIRST_MINUTE = Math.min(...REPORT_MINUTES);
const LAST_MINUTE = Math.max(...REPORT_MINUTES);
/** Poison that needs small requests: its rows, or its payload, are too large for one. */
const LARGE_POISON: readonly PoisonKind[] = ['poison-too-large', 'poison-oversized'];

/**
 * Draws a plan.
 *
 * @param seed whole number: the same seed gives the same plan
 * @param options where the run reads from, what it is drawn for, and whether nothing else goes wrong
 */
export function createChaosPlan(
  seed: number,
  { source = 'memory', profile = 'mixed', isQuiet = false }: ChaosPlanOptions = {},
): ChaosPlan {
  const random = createSeededRandom(seed);
  const plan = mixedPlan(seed, source, random);
  return { ...plan, ...(isQuiet && QUIET), ...PROFILES[profile](random, plan) };
}

interface ChaosPlanOptions {
  readonly source?: ChaosSource;
  readonly profile?: ChaosProfile;
  readonly isQuiet?: boolean;
}

function mixedPlan(seed: number, source: ChaosSource, random: SeededRandom): ChaosPlan {
  const flights = random.integer(120, 500);
  const shards = random.integer(1, 3);
  const anyFlight = (): number => random.integer(0, flights - 1);
  const maxRequestBytes = random.pick([SMALL_REQUEST_BYTES, FULL_REQUEST_BYTES]);
  return {
    seed,
    source,
    flights,
    firstFlight: random.integer(0, FLIGHTS_TO_CHOOSE_FROM),
    shards,
    batchSize: random.integer(20, 250),
    parallelizationFactor: shards === 1 ? random.integer(1, 3) : random.integer(1, 2),
    bisectsBatches: random.chance(0.5),
    partitionKeys: random.pick(['origin', 'spread']),
    isShuffled: random.chance(0.7),
    maxRequestBytes,
    functionTimeoutMs: FUNCTION_TIMEOUT_MS,
    latencyMs: random.pick([0, 0, 2, 10]),
    poison: poison(random, random.integer(0, Math.floor(flights / 25)), { maxRequestBytes, anyFlight }),
    killers: [],
    ...reports(random, random.integer(0, 40), anyFlight),
    repeatedFlights: times(random.integer(0, 10), anyFlight),
    rowsBefore: rowsBefore(random, anyFlight),
    bookings: bookings(seed, flights),
    callFaults: times(random.integer(1, 5), () => callFault(random)),
    invocationFaults: times(random.integer(0, 3), () => ({
      kind: random.pick(kindsOf(INVOCATION_FAULTS)),
      nth: random.integer(0, 8),
    })),
    streamFaults: times(random.integer(0, 2), () => streamFault(source, random)),
    incidents: [],
    quarantineFailures: random.chance(0.25) ? random.integer(1, 3) : 0,
    rowDelaySeconds: 0,
  };
}

/** What a profile makes of a plan. */
type Profile = (random: SeededRandom, plan: ChaosPlan) => Partial<ChaosPlan>;

const QUIET = { callFaults: [], invocationFaults: [], streamFaults: [], quarantineFailures: 0, bookings: [] } as const;

const PROFILES: Readonly<Record<ChaosProfile, Profile>> = {
  // Each costs a run time, so most runs have none.
  mixed: (random, plan) => {
    const chance = random.next();
    if (chance < 0.12) return PROFILES['bad-deploy'](random, plan);
    if (chance < 0.24) return PROFILES['missing-grant'](random, plan);
    return chance < 0.31 ? PROFILES.killers(random, plan) : {};
  },
  // Big batches in many lanes that lock the same rows: nothing goes wrong but what the lanes do to each other.
  contention: (random) => ({
    ...QUIET,
    ...reports(random, 0, () => 0),
    flights: 600,
    shards: 2,
    batchSize: 100,
    parallelizationFactor: 2,
    partitionKeys: 'spread',
    isShuffled: true,
    maxRequestBytes: FULL_REQUEST_BYTES,
    latencyMs: 0,
    poison: [],
    repeatedFlights: times(100, () => random.integer(0, 599)),
    rowsBefore: { gates: [], departuresWithoutVersion: [], daysWithoutCounters: [] },
    invocationFaults: times(3, (index) => ({ kind: 'duplicate-delivery', nth: 2 * index })),
    rowDelaySeconds: 0.001,
  }),
  versions: (random, { flights }) => ({
    ...QUIET,
    ...reports(random, 120, () => random.integer(0, flights - 1)),
    rowsBefore: {
      gates: ['null', 'no-row', LAST_MINUTE, LAST_MINUTE + 1],
      departuresWithoutVersion: [0, 1, 2],
      daysWithoutCounters: [0, 1, 2],
    },
  }),
  // Batches in which everything is poison, and far from one another, so that the fuse lets them pass.
  poison: (random, { flights }) => ({
    ...QUIET,
    poison: [...kindsOf(POISON), ...times(8, () => 'poison-late-rejection' as const)].map((kind, index) => ({
      kind,
      flight: Math.floor(((Math.floor(index / POISON_TOGETHER) + 1) * flights) / 10),
    })),
    batchSize: random.integer(POISON_TOGETHER, 2 * POISON_TOGETHER),
    isShuffled: false,
    maxRequestBytes: SMALL_REQUEST_BYTES,
  }),
  // Many rows that come later, in batches that hold only some of what belongs together. In one lane: a process that has
  // never asked for a row would find it, whatever the others remember of it.
  healing: (random, { seed }) => ({
    ...QUIET,
    poison: [],
    flights: 60,
    shards: 1,
    parallelizationFactor: 1,
    isShuffled: false,
    batchSize: random.integer(10, 60),
    bookings: drawBookings(createSeededRandom(seed ^ BOOKINGS_SEED), { count: 40, flights: 60, isDeadly: false }),
  }),
  'bad-deploy': (random, plan) => ({ batchSize: oftenSmall(random, plan), incidents: [badDeploy(random)] }),
  // A build whose rows the database refuses, in batches most of whose events are in effect already.
  repeats: (random) => ({
    ...QUIET,
    ...reports(random, 0, () => 0),
    flights: 120,
    repeatedFlights: times(240, () => random.integer(0, 119)),
    isShuffled: true,
    poison: [],
    batchSize: random.integer(30, 60),
    incidents: [{ ...badDeploy(random), build: 'rows-against-a-constraint', afterShare: share(random) }],
  }),
  'missing-grant': (random, plan) => ({
    batchSize: oftenSmall(random, plan),
    incidents: [{ kind: 'missing-grant', grant: random.pick(kindsOf(REVOKED_GRANTS)), afterShare: share(random) }],
  }),
  // Every process that dies costs a run seconds, most of all in a loop: small batches need few to find the record, and a
  // mapping that halves them needs more.
  killers: (random, { flights, bisectsBatches }) => {
    const killers = times(random.integer(1, 2), (index) => ({
      kind: random.pick(kindsOf(KILLERS).filter((kind) => index === 0 || kind !== 'kills-by-loop')),
      flight: random.integer(0, flights - 1),
    }));
    return {
      killers,
      batchSize: random.integer(10, 50),
      bisectsBatches: bisectsBatches && killers.every(({ kind }) => kind !== 'kills-by-loop'),
      functionTimeoutMs: KILLERS_TIMEOUT_MS,
    };
  },
};

/** Small batches are what a fuse without a memory gives way to, and what a database that refuses everything seems well in. */
function oftenSmall(random: SeededRandom, { batchSize }: ChaosPlan): number {
  return random.chance(SMALL_CHANCE) ? random.integer(2, MAX_SMALL) : batchSize;
}

const [SMALL_CHANCE, MAX_SMALL] = [0.7, 12];

/** Of a generator of their own. */
const BOOKINGS_SEED = 0xb00c;
const [BOOKINGS_CHANCE, MAX_BOOKINGS, DEADLY_CHANCE] = [0.6, 40, 0.12];

function bookings(seed: number, flights: number): ChaosPlan['bookings'] {
  const random = createSeededRandom(seed ^ BOOKINGS_SEED);
  const count = random.chance(BOOKINGS_CHANCE) ? random.integer(4, MAX_BOOKINGS) : 0;
  return drawBookings(random, { count, flights, isDeadly: random.chance(DEADLY_CHANCE) });
}

function poison(
  random: SeededRandom,
  count: number,
  { maxRequestBytes, anyFlight }: { readonly maxRequestBytes: number; readonly anyFlight: () => number },
): ChaosPlan['poison'] {
  const isSmall = maxRequestBytes === SMALL_REQUEST_BYTES;
  const kinds = kindsOf(POISON).filter((kind) => isSmall || !LARGE_POISON.includes(kind));
  return times(count, () => ({ kind: random.pick(kinds), flight: anyFlight() }));
}

function reports(
  random: SeededRandom,
  count: number,
  anyFlight: () => number,
): Pick<ChaosPlan, 'reports' | 'repeatedReports'> {
  return {
    reports: times(count, () => ({
      airport: random.integer(0, REPORTED_AIRPORTS - 1),
      minute: random.pick(REPORT_MINUTES),
      flight: anyFlight(),
    })),
    repeatedReports: times(Math.floor(count / 8), () => ({
      report: random.integer(0, count - 1),
      flight: anyFlight(),
    })),
  };
}

function rowsBefore(random: SeededRandom, anyFlight: () => number): PlannedRows {
  const gates: readonly GateBefore[] = ['no-row', 'null', FIRST_MINUTE - 1, ...REPORT_MINUTES, LAST_MINUTE + 1];
  return {
    gates: times(REPORTED_AIRPORTS, () => random.pick(gates)),
    departuresWithoutVersion: times(random.integer(0, 3), anyFlight),
    daysWithoutCounters: times(random.integer(0, 3), anyFlight),
  };
}

const LOOKUP_FAULTS: readonly CallFaultKind[] = ['lookup-failed', 'database-resuming', 'call-slow'];

function callFault(random: SeededRandom): PlannedCallFault {
  const kind = random.pick(kindsOf(CALL_FAULTS));
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
  return { kind: random.pick(kinds), afterShare: share(random) };
}

function badDeploy(random: SeededRandom): PlannedIncident {
  return {
    kind: 'bad-deploy',
    build: random.pick(kindsOf(BAD_BUILDS)),
    then: random.pick(['next-version', 'deployed']),
    afterShare: share(random),
  };
}

function share(random: SeededRandom): number {
  return random.integer(5, 60) / 100;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
