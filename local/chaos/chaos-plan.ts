import type { PlannedDocument } from './booking-plan.ts';
import type { BadBuild } from './chaos-builds.ts';
import type {
  CallFaultKind,
  InvocationFaultKind,
  KillerKind,
  PoisonKind,
  StreamFaultKind,
} from './faults/fault-kind.ts';
import type { RevokedGrant } from './world/processor-role.ts';

/** Where the records of a run are read from. */
export type ChaosSource = 'memory' | 'kinesis';

/** A record that can never succeed, made from a real flight and put behind it. */
export interface PlannedPoison<Kind = PoisonKind> {
  readonly kind: Kind;
  /** Index of the flight that it is made from. */
  readonly flight: number;
}

/** A report of the gate at an airport: an update that has one of few versions, so that many are equal. */
export interface PlannedReport {
  /** Index among the airports that reports are about. */
  readonly airport: number;
  /** The version: minute of the hour, from {@link REPORT_MINUTES}. */
  readonly minute: number;
  /** Index of the flight that it is put behind. */
  readonly flight: number;
}

/** Reports say one of these minutes; rows that were there before may be older or newer than all of them. */
export const REPORT_MINUTES = [10, 11, 12] as const;
/** Airports that reports are about, at most. */
export const REPORTED_AIRPORTS = 4;

/** What an airport's row says before the run: no row, a row without a version, or one of that minute. */
export type GateBefore = 'no-row' | 'null' | number;

/** Rows that another program left behind. */
export interface PlannedRows {
  /** By index of the airport. */
  readonly gates: readonly GateBefore[];
  /** Indexes of flights whose airport has a latest departure without a version. */
  readonly departuresWithoutVersion: readonly number[];
  /** Indexes of flights whose airport and day have a row with NULL in its counters. */
  readonly daysWithoutCounters: readonly number[];
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

/** Something that happens once so many records are resolved. */
interface Disturbance {
  /** Share of the records, 0 to 1. */
  readonly afterShare: number;
}

/** Something that happens to the stream. */
export interface PlannedStreamFault extends Disturbance {
  readonly kind: StreamFaultKind;
}

/** A build that rejects every event, and what is deployed after it: another one, or the one before it again. */
export interface PlannedBadDeploy extends Disturbance {
  readonly kind: 'bad-deploy';
  readonly build: BadBuild;
  readonly then: 'next-version' | 'deployed';
}

/** A privilege that the processor loses for a while. */
export interface PlannedMissingGrant extends Disturbance {
  readonly kind: 'missing-grant';
  readonly grant: RevokedGrant;
}

/** What a team does to its own stack and later undoes. */
export type PlannedIncident = PlannedBadDeploy | PlannedMissingGrant;

/** One run of chaos, written down before it begins: pure data, the same for the same seed. */
export interface ChaosPlan {
  readonly seed: number;
  readonly source: ChaosSource;
  /** Real flights on the stream, beside everything that is made from them. */
  readonly flights: number;
  /** Index of the first flight in the data set. */
  readonly firstFlight: number;
  readonly shards: number;
  readonly batchSize: number;
  readonly parallelizationFactor: number;
  /** Whether the mapping cuts a batch in two that failed without progress. */
  readonly bisectsBatches: boolean;
  /** `origin`: an airport's flights stay in order; `spread`: lanes meet on the same rows. */
  readonly partitionKeys: 'origin' | 'spread';
  /** Whether flights come in another order than they left. */
  readonly isShuffled: boolean;
  readonly maxRequestBytes: number;
  readonly functionTimeoutMs: number;
  readonly latencyMs: number;
  readonly poison: readonly PlannedPoison[];
  readonly killers: readonly PlannedPoison<KillerKind>[];
  readonly reports: readonly PlannedReport[];
  /** Indexes of flights that the producer puts twice. */
  readonly repeatedFlights: readonly number[];
  /** Reports that the producer puts twice: the index of the report, and of the flight it is put behind again. */
  readonly repeatedReports: readonly { readonly report: number; readonly flight: number }[];
  readonly rowsBefore: PlannedRows;
  /** Events that lack rows which come later, or never do. */
  readonly bookings: readonly PlannedDocument[];
  readonly callFaults: readonly PlannedCallFault[];
  readonly invocationFaults: readonly PlannedInvocationFault[];
  readonly streamFaults: readonly PlannedStreamFault[];
  readonly incidents: readonly PlannedIncident[];
  /** Inserts into the quarantine that fail, from the first on. */
  readonly quarantineFailures: number;
  /** Time the database takes for each counter row: widens the moment in which lanes can lock each other out. */
  readonly rowDelaySeconds: number;
}
