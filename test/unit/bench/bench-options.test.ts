import { describe, expect, it } from 'vitest';
import { parseBenchOptions } from '../../../bench/bench-options.ts';

describe('parseBenchOptions', () => {
  it('runs everything, at full length, when nothing is said', () => {
    expect(parseBenchOptions([])).toMatchObject({ scenarios: [], isQuick: false, report: undefined });
  });

  it('takes several scenarios, and files for the report and the picture', () => {
    const argv = ['--quick', '--scenario', 'ours', 'direct', '--report', 'a.json', '--chart', 'b.svg'];
    expect(parseBenchOptions(argv)).toEqual({
      scenarios: ['ours', 'direct'],
      isQuick: true,
      report: 'a.json',
      chart: 'b.svg',
    });
  });

  it('names every unknown scenario at once, with those there are', () => {
    const parse = () => parseBenchOptions(['--scenario', 'theirs', 'mine']);
    expect(parse).toThrow(/must be one of ours, direct, .*got "theirs"\n.*got "mine"/);
  });

  it('draws the picture of the documentation only from a complete bench', () => {
    expect(parseBenchOptions([])?.chart).toMatch(/docs.benchmarks\.svg$/);
    expect(parseBenchOptions(['--quick'])?.chart).toBeUndefined();
    expect(parseBenchOptions(['--scenario', 'ours'])?.chart).toBeUndefined();
  });

  it('says where the options are listed when it meets one it does not know', () => {
    expect(() => parseBenchOptions(['--fast'])).toThrow("unknown option '--fast'; --help lists the options");
  });
});
