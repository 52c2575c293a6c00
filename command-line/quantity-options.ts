import { InvalidArgumentError, Option } from 'commander';
import { formatSeconds, parseSeconds } from '../contract/duration-text.ts';

/** Numbers from `min` to `max`, both included. */
export interface QuantityRange {
  readonly min: number;
  readonly max: number;
}

/**
 * An option that takes a number, also one with decimals.
 *
 * @param flags such as `--arrival-rate <n>`
 * @param description what `--help` says, without the range
 * @param range what the number may be
 */
export function numberOption(flags: string, description: string, { min, max }: QuantityRange): Option {
  const words = `${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`;
  return new Option(flags, `${description}, ${words}`).argParser((text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`must be a number from ${words}`);
    return value;
  });
}

/**
 * An option that takes a duration such as `2d` or `20m`, as seconds.
 *
 * @param flags such as `--backlog-age <time>`
 * @param description what `--help` says, without the range
 * @param range in seconds
 */
export function durationOption(flags: string, description: string, { min, max }: QuantityRange): Option {
  const words = `${formatSeconds(min)} to ${formatSeconds(max)}`;
  return new Option(flags, `${description}, ${words}`).argParser((text) => {
    const seconds = parseSeconds(text);
    if (seconds !== undefined && seconds >= min && seconds <= max) return seconds;
    throw new InvalidArgumentError(`must be a duration such as 2d, 12h, 20m or 90s, from ${words}`);
  });
}
