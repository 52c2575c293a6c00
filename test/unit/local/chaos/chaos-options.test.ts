import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseChaosOptions } from '../../../../local/chaos/chaos-options.ts';
import { FAULTS } from '../../../../local/chaos/faults/fault-kind.ts';
import { MUTATIONS } from '../../../../local/chaos/mutation.ts';

afterEach(() => vi.restoreAllMocks());

describe('the command line of chaos', () => {
  it('takes one mutation, or all of them', () => {
    expect(parseChaosOptions([])?.mutation).toBeUndefined();
    expect(parseChaosOptions(['--mutation', 'no-sort'])?.mutation).toBe('no-sort');
    expect(parseChaosOptions(['--mutation', 'all'])?.mutation).toBe('all');
  });

  it('refuses a mutation that there is none of, and everything else that is wrong, at once', () => {
    expect(() => parseChaosOptions(['--mutation', 'constructor', '--runs', '0'])).toThrow(
      /`--mutation` must be one of all, .*, got "constructor"[^]*`--runs` must be an integer from 1 to 100000, got "0"/,
    );
  });

  it('explains every fault and every mutation', () => {
    const written: unknown[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(text) > 0);
    expect(parseChaosOptions(['--help'])).toBeUndefined();
    const names = [...Object.keys(FAULTS), ...Object.keys(MUTATIONS)];
    expect(names.filter((name) => !written.join('').includes(`  ${name} `))).toEqual([]);
  });
});
