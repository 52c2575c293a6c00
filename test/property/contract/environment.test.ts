import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROCESSOR_RANGES, processorEnvironment } from '../../../contract/environment.ts';
import {
  migrateEnvironment,
  pruneEnvironment,
  watchdogEnvironment,
} from '../../../contract/maintenance-environment.ts';
import type { EnvironmentCodec } from '../../../contract/environment-codec.ts';

const text = fc.string({ minLength: 1 });
const database = { clusterArn: text, secretArn: text, database: text };
const maintenance = { ...database, functionName: text };
const hours = fc.integer({ min: 24, max: 87_600 });

/** The codec is a parameter of its own type, so that each one is checked against values of its own. */
function itParsesWhatItEncoded<T>(codec: EnvironmentCodec<T>, values: fc.Arbitrary<T>): void {
  it('parses what was encoded back to the same values', () => {
    fc.assert(
      fc.property(values, (environment) => {
        expect(codec.parse(codec.encode(environment))).toEqual(environment);
      }),
    );
  });
}

describe('the environment of the processor', () => {
  itParsesWhatItEncoded(
    processorEnvironment,
    fc.record({
      ...database,
      deployment: text,
      metricsNamespace: text,
      cacheMaxEntries: fc.integer(PROCESSOR_RANGES.cacheMaxEntries),
      cacheMaxBytes: fc.integer(PROCESSOR_RANGES.cacheMaxBytes),
      cacheTtlSeconds: fc.integer(PROCESSOR_RANGES.cacheTtlSeconds),
      cacheAbsentTtlSeconds: fc.integer(PROCESSOR_RANGES.cacheAbsentTtlSeconds),
      maxRequestBytes: fc.integer(PROCESSOR_RANGES.maxRequestBytes),
      timeReserveMs: fc.integer(PROCESSOR_RANGES.timeReserveMs),
      fuseThresholdPercent: fc.integer(PROCESSOR_RANGES.fuseThresholdPercent),
      fuseMinEvents: fc.integer(PROCESSOR_RANGES.fuseMinEvents),
    }),
  );
});

describe('the environment of the migrations', () => {
  itParsesWhatItEncoded(
    migrateEnvironment,
    fc.record({ ...maintenance, deployment: text, processorSecretArn: text, maintenanceSecretArn: text }),
  );
});

describe('the environment of the watchdog', () => {
  itParsesWhatItEncoded(
    watchdogEnvironment,
    fc.record({
      ...maintenance,
      streamArn: text,
      deployment: text,
      metricsNamespace: text,
      startingPosition: text,
      parallelizationFactor: fc.integer({ min: 1, max: 10 }),
      maxShards: fc.integer({ min: 1, max: 1_000 }),
      mappingId: text,
      processorArn: fc.string(),
      failedBatchesBucket: fc.string(),
      deliveryGapSeconds: fc.integer({ min: 60, max: 7_200 }),
      pageWhenBehindSeconds: fc.integer({ min: 60, max: 604_800 }),
      pausedOnPurpose: fc.integer({ min: 0, max: 1 }),
      pageTopicArn: fc.string(),
      runsSignalUrl: fc.string(),
    }),
  );
});

describe('the environment of pruning', () => {
  itParsesWhatItEncoded(
    pruneEnvironment,
    fc.record({ ...maintenance, streamArn: text, ledgerRetentionHours: hours, batchLogRetentionHours: hours }),
  );
});
