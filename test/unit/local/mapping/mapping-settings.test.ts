import { describe, expect, it } from 'vitest';
import { MappingSettingsError, parseMappingSettings } from '../../../../local/mapping/mapping-settings.ts';

const NOW_MS = 1_000_000;

function problemsOf(given: Record<string, unknown>): readonly string[] {
  try {
    parseMappingSettings(given, NOW_MS);
    return [];
  } catch (error) {
    if (error instanceof MappingSettingsError) return error.problems;
    throw error;
  }
}

describe('mapping settings', () => {
  it('have defaults: partial responses on, bisect off, retries without limit', () => {
    expect(parseMappingSettings({}, NOW_MS)).toEqual({
      enabled: true,
      batchSize: 100,
      maxBatchingWindowSeconds: 0,
      parallelizationFactor: 1,
      startingPosition: 'TRIM_HORIZON',
      startingPositionTimestampMs: undefined,
      bisectBatchOnFunctionError: false,
      maximumRetryAttempts: -1,
      maximumRecordAgeSeconds: -1,
      reportBatchItemFailures: true,
      filters: [],
    });
  });

  it.each([
    { name: 'batchSize', below: 0, lowest: 1, highest: 10_000, above: 10_001 },
    { name: 'maxBatchingWindowSeconds', below: -1, lowest: 0, highest: 300, above: 301 },
    { name: 'parallelizationFactor', below: 0, lowest: 1, highest: 10, above: 11 },
    { name: 'maximumRetryAttempts', below: -2, lowest: -1, highest: 10_000, above: 10_001 },
    { name: 'maximumRecordAgeSeconds', below: 59, lowest: 60, highest: 604_800, above: 604_801 },
  ])('$name lies between $lowest and $highest', ({ name, below, lowest, highest, above }) => {
    expect(problemsOf({ [name]: lowest })).toEqual([]);
    expect(problemsOf({ [name]: highest })).toEqual([]);
    expect(problemsOf({ [name]: below })[0]).toContain(`\`${name}\` must be`);
    expect(problemsOf({ [name]: below })[0]).toContain(`got ${below}`);
    expect(problemsOf({ [name]: above })[0]).toContain(`got ${above}`);
    expect(problemsOf({ [name]: lowest + 0.5 })).toHaveLength(1);
  });

  it('allow -1 for an age without limit', () => {
    expect(problemsOf({ maximumRecordAgeSeconds: -1 })).toEqual([]);
  });

  it('allow more than ten records without a window, as the service does for Kinesis', () => {
    expect(problemsOf({ batchSize: 10_000, maxBatchingWindowSeconds: 0 })).toEqual([]);
  });

  it('tell all problems at once', () => {
    const problems = problemsOf({ batchSize: 0, parallelizationFactor: 11, enabled: 'yes', batchsize: 5 });
    expect(problems).toEqual([
      expect.stringContaining('`batchsize` is not a setting'),
      '`enabled` must be true or false, got "yes"',
      '`batchSize` must be an integer from 1 to 10000, got 0',
      '`parallelizationFactor` must be an integer from 1 to 10, got 11',
    ]);
  });

  it('take a timestamp up to now, with AT_TIMESTAMP only', () => {
    const startingPosition = 'AT_TIMESTAMP';
    expect(problemsOf({ startingPosition, startingPositionTimestampMs: NOW_MS })).toEqual([]);
    expect(problemsOf({ startingPosition, startingPositionTimestampMs: NOW_MS + 1 })).toHaveLength(1);
    expect(problemsOf({ startingPosition })).toHaveLength(1);
    expect(problemsOf({ startingPosition: 'LATEST', startingPositionTimestampMs: 5 })).toHaveLength(1);
    expect(problemsOf({ startingPosition: 'EARLIEST' })[0]).toContain(
      'must be one of TRIM_HORIZON, LATEST, AT_TIMESTAMP, got "EARLIEST"',
    );
  });

  it('refuse a filter that is no pattern and more than ten filters', () => {
    const filter = { data: { kind: ['sale'] } };
    expect(problemsOf({ filters: Array.from({ length: 10 }, () => filter) })).toEqual([]);
    expect(problemsOf({ filters: Array.from({ length: 11 }, () => filter) })).toEqual([
      '`filters` takes up to 10, got 11',
    ]);
    expect(problemsOf({ filters: [filter, { data: 'sale' }] })[0]).toContain('Invalid filter pattern definition.');
  });
});
