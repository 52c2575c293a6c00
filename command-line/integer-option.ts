import { InvalidArgumentError, Option } from 'commander';
import { describeIntegerRange, parseInteger, type IntegerRange } from '../contract/integer-range.ts';

/**
 * An option that takes a whole number.
 *
 * @param flags such as `--shards <n>`
 * @param description what `--help` says, without the range
 * @param range what the number may be
 */
export function integerOption(flags: string, description: string, range: IntegerRange): Option {
  return new Option(flags, `${description}, ${range.min} to ${range.max}`).argParser((text) => {
    const value = parseInteger(text, range);
    if (value === undefined) throw new InvalidArgumentError(`must be ${describeIntegerRange(range)}`);
    return value;
  });
}
