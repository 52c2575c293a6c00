import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessorEnvironment } from '../contract/environment.ts';
import { EnvironmentError } from '../contract/environment-codec.ts';
import type { ExecuteStatement } from '../data-api/execute.ts';
import type { Engine } from './batch-rounds.ts';
import { compileProjection } from './compile-projection.ts';
import { createDataApiLookupSource } from './lookup/data-api-lookup-source.ts';
import { createLruLookupCache } from './lookup/lru-lookup-cache.ts';
import type { Clock } from './ports.ts';
import type { AnyProjection } from './projection.ts';
import { createDataApiFuseMemory } from './quarantine/data-api-fuse-memory.ts';
import { createDataApiWaitingEntries } from './quarantine/data-api-waiting-entries.ts';
import { createDataApiEventStore } from './write/data-api-event-store.ts';

/**
 * The monotonic clock may stand still while Lambda keeps an environment frozen, so it measures durations only; ages of
 * records and of cached rows go by the wall clock.
 * {@link https://developer.mozilla.org/en-US/docs/Web/API/Performance/now#ticking_during_sleep}
 */
const CLOCK: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => sleep(ms),
  random: Math.random,
};

/** With less room than this beside the statement, ordinary events would be quarantined as too large. */
const MIN_ITEM_BYTES = 32 * 1024;

/** What of a processor's environment decides how batches are processed, and the build that does it. */
export type EngineSettings = Pick<
  ProcessorEnvironment,
  | 'cacheMaxEntries'
  | 'cacheMaxBytes'
  | 'cacheTtlSeconds'
  | 'cacheAbsentTtlSeconds'
  | 'maxRequestBytes'
  | 'fuseThresholdPercent'
  | 'fuseMinEvents'
> & { readonly codeVersion: string };

/**
 * Puts the engine of an execution environment together: the ports are filled in with the RDS Data API.
 *
 * @param projection what `defineProjection` returned
 * @param settings bounds of the cache, of a request and of the fuse
 * @param execute bound to the database and the processor's role
 * @throws EnvironmentError when a request can't hold the statement of this projection
 * @throws ProjectionError when the statement is longer than the Data API takes
 */
export function createEngine(projection: AnyProjection, settings: EngineSettings, execute: ExecuteStatement): Engine {
  const compiled = compileProjection(projection);
  const { codeVersion } = settings;
  const build = { functionName: projection.name, codeVersion };
  const minRequestBytes = compiled.fixedRequestBytes + MIN_ITEM_BYTES;
  if (settings.maxRequestBytes < minRequestBytes) {
    throw new EnvironmentError([
      `\`MAX_REQUEST_BYTES\` must be at least ${minRequestBytes} for the statement of this projection, got ${settings.maxRequestBytes}`,
    ]);
  }
  return {
    compiled,
    store: createDataApiEventStore(execute, compiled),
    lookupSource: createDataApiLookupSource(execute, compiled.lookupSql, projection.lookups),
    lookupCache: createLruLookupCache({
      maxEntries: settings.cacheMaxEntries,
      maxBytes: settings.cacheMaxBytes,
      ttlMs: settings.cacheTtlSeconds * 1000,
      absentTtlMs: settings.cacheAbsentTtlSeconds * 1000,
      now: () => CLOCK.now(),
    }),
    clock: CLOCK,
    fuse: { thresholdPercent: settings.fuseThresholdPercent, minEvents: settings.fuseMinEvents },
    fuseMemory: createDataApiFuseMemory(execute, build),
    waitingEntries: createDataApiWaitingEntries(execute, build),
    maxRequestBytes: settings.maxRequestBytes,
    codeVersion,
  };
}
