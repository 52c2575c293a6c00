import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../../../local/data-api/data-api-server-options.ts';

const URL = 'postgres://user:secret@127.0.0.1:5432/app';

describe('resolveOptions', () => {
  it('fills in the limits of the service', () => {
    expect(resolveOptions({ databaseUrl: URL })).toMatchObject({
      port: 0,
      statementTimeoutMs: 45_000,
      transactionIdleMs: 180_000,
      transactionMaxMs: 86_400_000,
      maxRequestBytes: 4_194_304,
      maxResultBytes: 1_048_576,
      strictQuirks: true,
      anyArn: false,
    });
  });

  it('names every option that is out of range', () => {
    expect(() => resolveOptions({ databaseUrl: 'mysql://x', port: 65_536, latencyMs: -1 })).toThrow(
      '- `databaseUrl` must be a URL such as postgres://user:password@host:5432/database\n' +
        '- `port` must be an integer from 0 to 65535, got 65536\n' +
        '- `latencyMs` must be an integer from 0 to 60000, got -1',
    );
  });

  it.each([
    ['port', 0, 65_535],
    ['statementTimeoutMs', 1, 3_600_000],
    ['transactionIdleMs', 1, 86_400_000],
    ['maxTransactions', 1, 1_000],
  ] as const)('takes %s from %i to %i', (name, min, max) => {
    for (const value of [min, max]) expect(resolveOptions({ databaseUrl: URL, [name]: value })[name]).toBe(value);
    for (const value of [min - 1, max + 1, min + 0.5]) {
      expect(() => resolveOptions({ databaseUrl: URL, [name]: value })).toThrow(`\`${name}\` must be an integer`);
    }
  });
});
