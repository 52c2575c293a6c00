import type { BatchTotals } from './batch-log.ts';
import type { RunOptions } from './run-options.ts';

/** What a run did, as `--report` writes it. Counts are of the whole run; times are in the unit of their name. */
export interface RunReport {
  readonly function: string;
  /** Events put on the stream. */
  readonly events: number;
  /** Events whose effect is in the tables. */
  readonly written: number;
  /** Events without effect, because newer versions of all their rows are there. */
  readonly superseded: number;
  /** Events without effect, because rows with their keys were there already and are kept. */
  readonly existing: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** Events whose reference or parent row has not come: they are tried again by themselves. */
  readonly waiting: number;
  /** Events that the projection does not want. */
  readonly skipped: number;
  readonly skippedByReason: Readonly<Record<string, number>>;
  /** Records handed back by batches that held their position; they were delivered again. */
  readonly held: number;
  /** From the start of the mapping to the moment the last event was processed. */
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly dataApiCalls: number;
  readonly lookups: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** 0 to 1; null when nothing was looked up. */
  readonly cacheHitRatio: number | null;
  readonly maxIteratorAgeMs: number;
  readonly caughtUp: boolean;
  readonly batches: number;
  readonly averageBatchSize: number;
  /** Execution environments started. */
  readonly environments: number;
  readonly shards: number;
  readonly batchSize: number;
  readonly parallelizationFactor: number;
  readonly source: string;
  readonly dataApiLatencyMs: number;
  readonly node: string;
  readonly postgres: string;
}

/** What was seen of a run beside the functions' own metrics. */
export interface RunFacts {
  readonly totals: BatchTotals;
  readonly events: number;
  readonly seconds: number;
  readonly maxIteratorAgeMs: number;
  readonly caughtUp: boolean;
  readonly environments: number;
  readonly postgres: string;
  readonly skippedByReason: Readonly<Record<string, number>>;
}

/** Everything that can become of an event. */
const DONE = [
  'EventsWritten',
  'EventsSuperseded',
  'EventsExisting',
  'EventsDuplicate',
  'EventsQuarantined',
  'EventsWaiting',
  'EventsSkipped',
] as const satisfies readonly (keyof BatchTotals)[];

/** Puts a run's figures together. */
export function createRunReport(functionName: string, options: RunOptions, facts: RunFacts): RunReport {
  const { totals } = facts;
  const done = sum(...DONE.map((name) => totals[name]));
  const lookups = totals.LookupKeys || 0;
  return {
    function: functionName,
    events: facts.events,
    written: sum(totals.EventsWritten, totals.EventsHealed),
    superseded: sum(totals.EventsSuperseded),
    existing: sum(totals.EventsExisting),
    duplicates: sum(totals.EventsDuplicate),
    quarantined: sum(totals.EventsQuarantined),
    waiting: Math.max(0, sum(totals.EventsWaiting) - sum(totals.EventsHealed)),
    skipped: sum(totals.EventsSkipped),
    skippedByReason: facts.skippedByReason,
    held: sum(totals.RecordsHeld),
    seconds: round(facts.seconds, 3),
    eventsPerSecond: facts.seconds > 0 ? Math.round(done / facts.seconds) : 0,
    dataApiCalls: sum(totals.DataApiCalls),
    lookups,
    cacheHits: sum(totals.CacheHits),
    cacheMisses: sum(totals.CacheMisses),
    cacheHitRatio: lookups > 0 ? round(sum(totals.CacheHits) / lookups, 4) : null,
    maxIteratorAgeMs: Math.round(facts.maxIteratorAgeMs),
    caughtUp: facts.caughtUp,
    batches: totals.batches,
    averageBatchSize: totals.batches > 0 ? round(sum(totals.RecordsReceived) / totals.batches, 1) : 0,
    environments: facts.environments,
    shards: options.shards,
    batchSize: options.batchSize,
    parallelizationFactor: options.parallelizationFactor,
    source: options.source,
    dataApiLatencyMs: options.dataApiLatencyMs,
    node: process.versions.node,
    postgres: facts.postgres,
  };
}

/** A metric that no batch published is absent, not zero. */
function sum(...values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
