import type { Arena } from './arena.ts';
import type { Run } from './drain.ts';
import type { VerifiedTable } from '../local/examples/table-digest.ts';

/** How much is measured: numbers of events and of rounds. */
export interface Scale {
  readonly isQuick: boolean;
  /** Runs of each series. */
  readonly rounds: number;
  /** Events of one run of the fast series. */
  readonly events: number;
  /** Events of one run of the series with one call after the other, without and with latency. */
  readonly slowEvents: { readonly atOnce: number; readonly withLatency: number };
}

/** Runs under the same conditions, to be measured in turns with other series. */
export interface Series {
  /** Unique: scenario, latency and what else tells it from the others. */
  readonly id: string;
  readonly says: string;
  readonly latencyMs: number;
  /** Tables that are right when a run is right. */
  readonly verified: readonly VerifiedTable[];
  readonly run: () => Promise<Run>;
  /** Rounds after which it is left out; for series that no ratio needs. @defaultValue every round */
  readonly maxRounds?: number;
}

/** Series and how to end what they need. */
export interface OpenedSeries {
  readonly series: readonly Series[];
  readonly close: () => Promise<void>;
}

/** Throughput over the whole path; its series are alternated with those of other scenarios. */
export interface ThroughputScenario {
  readonly kind: 'throughput';
  readonly name: string;
  readonly says: string;
  readonly open: (arena: Arena, scale: Scale) => Promise<OpenedSeries>;
}

/** A figure of a scenario that is measured by itself. */
export interface Figure {
  readonly says: string;
  readonly value: number;
  readonly unit: string;
}

/** A ratio of the report, or the reason why there is none. */
export type RatioResult = number | { readonly refused: string };

/** What a scenario of its own found out. */
export interface Finding {
  readonly figures: readonly Figure[];
  readonly ratios: Readonly<Partial<Record<RatioName, RatioResult>>>;
}

/** Anything else that is measured, by itself. */
export interface SingleScenario {
  readonly kind: 'single';
  readonly name: string;
  readonly says: string;
  readonly run: (arena: Arena, scale: Scale, onStep: (step: string) => void) => Promise<Finding>;
}

/** One row of the bench. */
export type Scenario = ThroughputScenario | SingleScenario;

/** What a bench is about: each ratio with its target. */
export const TARGETS = {
  vsPerEvent0ms: { atLeast: 150 },
  vsPerEvent17ms: { atLeast: 900 },
  vsPowertools0ms: { atLeast: 80 },
  vsBatchExecute0ms: { atLeast: 9 },
  vsDirect: { atLeast: 0.5 },
  cpuVsFloor: { atMost: 3 },
  bundleBytes: { atMost: 400_000 },
  importVsSkeleton: { atMost: 1.3 },
  callsPer1000Warm: { atMost: 1 },
  callsPer1000Cold: { atMost: 2 },
  heapGrowthBytes: { atMost: 2 * 1024 * 1024 },
  dataApiHeapGrowthBytes: { atMost: 2 * 1024 * 1024 },
  batch10000vs1000: { atMost: 1.1 },
  remainingTimeError: { atMost: 0.1 },
  mixRatio: { atMost: 1.3 },
  hotCounterRatio: { atLeast: 0.8 },
  shardLimitRatio150B: { atLeast: 1 },
  shardLimitRatio1KB: { atLeast: 1 },
  shardLimitRatio10KB: { atLeast: 1 },
  planError: { atMost: 0.1 },
  cpuVsDatabaseFloor: { atMost: 1.5 },
  costRatio: { atMost: 1 / 200 },
  growthRatio: { atMost: 1.2 },
} as const satisfies Record<string, { readonly atLeast: number } | { readonly atMost: number }>;

/** Name of a ratio in the report. */
export type RatioName = keyof typeof TARGETS;

/** Latency of a Data API call in region, as published measurements have it. */
export const IN_REGION_LATENCY_MS = 17;

/** What a stack has unless it says otherwise; as many batches in flight as a small machine has cores. */
export const DEFAULT_SETTING = { batchSize: 1_000, lanes: 2 } as const;

/** The setting at which approaches are compared: the batch size that catches up fastest, which an event source mapping allows at most. */
export const COMPARED = { ...DEFAULT_SETTING, batchSize: 10_000 } as const;

/** Memory of every function here: what a stack has by default. */
export const FUNCTION_MEMORY_MB = 1_024;
