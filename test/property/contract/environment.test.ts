import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ProcessorEnvironment } from '../../../contract/environment.ts';
import { encodeEnvironment, parseEnvironment } from '../../../contract/environment.ts';

const text = fc.string({ minLength: 1 });

const environment: fc.Arbitrary<ProcessorEnvironment> = fc.record({
  clusterArn: text,
  secretArn: text,
  database: text,
  metricsNamespace: text,
  codeCommit: text,
  cacheMaxEntries: fc.integer({ min: 1, max: 10_000_000 }),
  cacheMaxBytes: fc.integer({ min: 1024, max: 8 * 1024 ** 3 }),
  cacheTtlSeconds: fc.integer({ min: 1, max: 604_800 }),
  cacheAbsentTtlSeconds: fc.integer({ min: 1, max: 604_800 }),
  maxRequestBytes: fc.integer({ min: 65_536, max: 4 * 1024 ** 2 }),
  timeReserveMs: fc.integer({ min: 100, max: 60_000 }),
  fuseThresholdPercent: fc.integer({ min: 1, max: 100 }),
  fuseMinEvents: fc.integer({ min: 1, max: 10_000 }),
});

it('parses what was encoded back to the same configuration', () => {
  fc.assert(
    fc.property(environment, (configuration) => {
      expect(parseEnvironment(encodeEnvironment(configuration))).toEqual(configuration);
    }),
  );
});
