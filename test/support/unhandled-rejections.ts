import { afterEach, beforeEach } from 'vitest';

/**
 * Collects the rejections that nobody handles while a test of the surrounding `describe` runs. One counts as unhandled
 * only after the microtasks of its turn.
 *
 * @returns their reasons, emptied before each test
 */
export function collectUnhandledRejections(): readonly unknown[] {
  const reasons: unknown[] = [];
  const listen = (reason: unknown): void => {
    reasons.push(reason);
  };
  beforeEach(() => {
    reasons.length = 0;
    process.on('unhandledRejection', listen);
  });
  afterEach(() => {
    process.off('unhandledRejection', listen);
  });
  return reasons;
}
