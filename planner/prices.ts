import { nearestName } from '../contract/nearest-name.ts';
import { ProblemsError } from '../contract/problems-error.ts';
import defaults from './prices.json' with { type: 'json' };

/** What things cost, in USD; the names say per what. */
export type Prices = typeof defaults;

/** The table that is used unless another one is given: `planner/prices.json`, which says of when and where it is. */
export const DEFAULT_PRICES: Prices = defaults;

/** A table of prices that cannot be used. */
export class PricesError extends ProblemsError {
  /**
   * Collects the problems.
   *
   * @param problems one sentence each
   */
  constructor(problems: readonly string[]) {
    super(problems, { name: 'PricesError' });
  }
}

const TEXTS: readonly string[] = ['date', 'region', 'source'];

/**
 * Takes what was read from a file for a table of prices.
 *
 * @param name what it was read from, for messages
 * @throws {@link PricesError} naming all that is missing, unknown or no price
 */
export function parsePrices(value: unknown, name: string): Prices {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PricesError([`\`${name}\` must hold a JSON object with the members of planner/prices.json`]);
  }
  const given = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(defaults);
  const problems = [
    ...names.flatMap((member) => memberProblems(name, member, given[member])),
    ...Object.keys(given)
      .filter((member) => !names.includes(member))
      .map((member) => `\`${name}\` has no price \`${member}\`${didYouMean(member, names)}`),
  ];
  if (problems.length > 0) throw new PricesError(problems);
  return given as Prices;
}

function memberProblems(name: string, member: string, value: unknown): readonly string[] {
  const isFine = TEXTS.includes(member)
    ? typeof value === 'string'
    : typeof value === 'number' && Number.isFinite(value) && value >= 0;
  if (isFine) return [];
  const expected = TEXTS.includes(member) ? 'a text' : 'a number of USD from 0';
  return [
    `\`${member}\` of ${name} must be ${expected}, got ${value === undefined ? 'nothing' : JSON.stringify(value)}`,
  ];
}

function didYouMean(member: string, names: readonly string[]): string {
  const nearest = nearestName(member, names);
  return nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
}
