import { describe, expect, it } from 'vitest';
import { costOfAMillion, type MeasuredUse } from '../../../bench/scenarios/cost.ts';
import { DEFAULT_PRICES } from '../../../planner/prices.ts';

const NOTHING: MeasuredUse = {
  events: 1_000,
  invocations: 0,
  gbSeconds: 0,
  dataApiUnits: 0,
  databaseCpuSeconds: 0,
};

describe('costOfAMillion', () => {
  it('has the price of a million requests for one per event', () => {
    expect(costOfAMillion({ ...NOTHING, dataApiUnits: 1_000 })).toEqual({
      lambda: 0,
      dataApi: DEFAULT_PRICES.millionDataApiUnitsUsd,
      database: 0,
    });
  });

  it('has the price of four ACU hours for an hour of one CPU', () => {
    const { database } = costOfAMillion({ ...NOTHING, events: 1_000_000, databaseCpuSeconds: 3_600 });
    expect(database).toBeCloseTo(4 * DEFAULT_PRICES.acuHourUsd, 10);
  });

  it('counts invocations and their time', () => {
    const { lambda } = costOfAMillion({ ...NOTHING, invocations: 1, gbSeconds: 3 });
    expect(lambda).toBeCloseTo(
      3_000 * DEFAULT_PRICES.lambdaGbSecondUsd + DEFAULT_PRICES.millionLambdaRequestsUsd / 1_000,
      10,
    );
  });
});
