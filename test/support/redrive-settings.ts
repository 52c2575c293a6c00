import type { RedriveSettings } from '../../ops/redrive/redrive.ts';

/** A redrive that is applied, in puts of three records, without waiting between them. */
export function redriveSettings(rest: Partial<RedriveSettings> = {}): RedriveSettings {
  return {
    isApplied: true,
    ratePerSecond: 3,
    limit: 1_000,
    signal: new AbortController().signal,
    sleep: () => Promise.resolve(),
    onItems: () => undefined,
    ...rest,
  };
}
