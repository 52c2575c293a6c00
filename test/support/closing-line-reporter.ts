import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one line that a person and a machine can both read: `N passed, N failed`. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state);
      for (const state of states) if (state !== 'pending') tally[state] += 1;
      // A file that fails while it loads has no failed test of its own, yet the run has failed.
      if (module.state() === 'failed' && !states.includes('failed')) tally.failed += 1;
    }
    const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : '';
    process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed${skipped}\n`);
  }
}
