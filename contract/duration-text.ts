const UNITS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

type Unit = keyof typeof UNITS;

/** Writes seconds as `7d`, `12h`, `5m` or `90s`: the largest unit that fits without a rest. */
export function formatSeconds(seconds: number): string {
  const fits = (unit: Unit): boolean => seconds >= UNITS[unit] && seconds % UNITS[unit] === 0;
  // Up to a minute and a half people say seconds, up to two days hours.
  const unit = (['d', 'h', 'm'] as const).find((candidate) => fits(candidate) && seconds !== UNITS.m) ?? 's';
  return `${seconds / UNITS[unit]}${unit}`;
}

/**
 * Reads a duration such as `90s`, `5m`, `12h` or `7d`.
 *
 * @returns seconds; undefined when the text is not one
 */
export function parseSeconds(text: string): number | undefined {
  const [, digits, unit] = /^(\d+)([dhms])$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * UNITS[unit as Unit];
}
