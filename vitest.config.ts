import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.ts';

/** Kinds of tests, cheapest first; what each may touch is written in CONTRIBUTING.md. */
const KINDS = ['unit', 'property', 'conformance', 'infra', 'integration'] as const;

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    projects: KINDS.map((kind) => ({
      test: {
        name: kind,
        include: [`test/${kind}/**/*.test.ts`],
        testTimeout: kind === 'integration' ? 180_000 : 30_000,
        hookTimeout: kind === 'unit' || kind === 'property' ? 10_000 : 120_000,
        maxWorkers: 2,
        // Tests of one file that wait for most of their time, several at once.
        maxConcurrency: 3,
      },
    })),
  },
});
