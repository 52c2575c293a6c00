import { describe, expect, it } from 'vitest';
import { DEFAULT_PRICES, parsePrices } from '../../../planner/prices.ts';

describe('a table of prices', () => {
  it('is taken as it is when it has every price', () => {
    const prices = { ...DEFAULT_PRICES, region: 'eu-central-1', acuHourUsd: 0.14 };
    expect(parsePrices(prices, 'prices.json')).toEqual(prices);
  });

  it('is refused with all that is missing, unknown or no price', () => {
    const { acuHourUsd, ...rest } = DEFAULT_PRICES;
    const given = { ...rest, acuHoursUsd: acuHourUsd, shardHourUsd: -1, date: 2026, logGbUsd: '0.5' };
    expect(() => parsePrices(given, 'mine.json')).toThrow(
      [
        '`date` of mine.json must be a text, got 2026',
        '`shardHourUsd` of mine.json must be a number of USD from 0, got -1',
        '`acuHourUsd` of mine.json must be a number of USD from 0, got nothing',
        '`logGbUsd` of mine.json must be a number of USD from 0, got "0.5"',
        '`mine.json` has no price `acuHoursUsd`; did you mean `acuHourUsd`?',
      ].join('\n'),
    );
    expect(() => parsePrices([], 'mine.json')).toThrow('`mine.json` must hold a JSON object');
  });
});
