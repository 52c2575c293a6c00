import { describe, expect, it } from 'vitest';
import { DEFAULT_ENVIRONMENT, processorEnvironment } from '../../../contract/environment.ts';
import { EnvironmentError } from '../../../contract/environment-codec.ts';

const REQUIRED = { CLUSTER_ARN: 'arn:cluster', SECRET_ARN: 'arn:secret', DATABASE: 'db' };

function problemsOf(variables: Record<string, string | undefined>): readonly string[] {
  try {
    processorEnvironment.parse(variables);
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
  return [];
}

const BOUNDS = [
  ['CACHE_MAX_ENTRIES', 1, 10_000_000],
  ['CACHE_MAX_BYTES', 1024, 8_589_934_592],
  ['CACHE_TTL_SECONDS', 1, 604_800],
  ['CACHE_ABSENT_TTL_SECONDS', 1, 604_800],
  ['MAX_REQUEST_BYTES', 65_536, 4_194_304],
  ['TIME_RESERVE_MS', 100, 60_000],
  ['FUSE_THRESHOLD_PERCENT', 1, 100],
  ['FUSE_MIN_EVENTS', 1, 10_000],
] as const;

describe('parsing the processor environment', () => {
  it('takes every default when only the database is named', () => {
    expect(processorEnvironment.parse(REQUIRED)).toEqual({
      clusterArn: 'arn:cluster',
      secretArn: 'arn:secret',
      database: 'db',
      deployment: 'local',
      metricsNamespace: 'KinesisToAurora',
      cacheMaxEntries: 50_000,
      cacheMaxBytes: 67_108_864,
      cacheTtlSeconds: 300,
      cacheAbsentTtlSeconds: 10,
      maxRequestBytes: 4_194_304,
      timeReserveMs: 2_000,
      fuseThresholdPercent: 50,
      fuseMinEvents: 20,
    });
  });

  it('publishes the same defaults for the stack', () => {
    expect({ ...DEFAULT_ENVIRONMENT, clusterArn: 'arn:cluster', secretArn: 'arn:secret', database: 'db' }).toEqual(
      processorEnvironment.parse(REQUIRED),
    );
  });

  it('takes an empty variable for one that is not set', () => {
    expect(processorEnvironment.parse({ ...REQUIRED, CACHE_TTL_SECONDS: '' }).cacheTtlSeconds).toBe(300);
    expect(problemsOf({ ...REQUIRED, DATABASE: '' })).toEqual([
      '`DATABASE` must be set, got nothing; the stack sets it',
    ]);
  });

  it('tells all problems at once, expected and got', () => {
    const problems = problemsOf({ SECRET_ARN: 'arn:secret', CACHE_TTL_SECONDS: '0', FUSE_THRESHOLD_PERCENT: 'half' });
    expect(problems).toEqual([
      '`CLUSTER_ARN` must be set, got nothing; the stack sets it',
      '`DATABASE` must be set, got nothing; the stack sets it',
      '`CACHE_TTL_SECONDS` must be an integer from 1 to 604800, got "0"',
      '`FUSE_THRESHOLD_PERCENT` must be an integer from 1 to 100, got "half"',
    ]);
    expect(new EnvironmentError(problems).message).toBe(
      `the environment variables are invalid:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    );
  });

  it.each(BOUNDS)('%s is accepted from %d to %d and refused beyond', (variable, min, max) => {
    for (const value of [min, max]) expect(problemsOf({ ...REQUIRED, [variable]: String(value) })).toEqual([]);
    for (const value of [min - 1, max + 1]) {
      expect(problemsOf({ ...REQUIRED, [variable]: String(value) })).toEqual([
        `\`${variable}\` must be an integer from ${min} to ${max}, got "${value}"`,
      ]);
    }
  });

  it.each(['1.5', '1e3', ' 10', '10 ', '+10', '0x10', '١٠'])('refuses %j, which is no plain integer', (text) => {
    expect(problemsOf({ ...REQUIRED, CACHE_MAX_ENTRIES: text })).toHaveLength(1);
  });

  it('gives a configuration that nobody can change', () => {
    expect(Object.isFrozen(processorEnvironment.parse(REQUIRED))).toBe(true);
  });
});

describe('encoding the processor environment', () => {
  it('writes every field as text', () => {
    const variables = processorEnvironment.encode(processorEnvironment.parse(REQUIRED));
    expect(Object.keys(variables)).toHaveLength(13);
    expect(variables).toMatchObject({ CLUSTER_ARN: 'arn:cluster', MAX_REQUEST_BYTES: '4194304' });
  });
});
