import { describe, expect, it } from 'vitest';
import { parseBenchOptions } from '../../../bench/bench-options.ts';
import { SCENARIOS } from '../../../bench/scenarios.ts';

describe('parseBenchOptions', () => {
  it('runs everything, at full length, when nothing is said', () => {
    const names = SCENARIOS.map(({ name }) => name);
    expect(parseBenchOptions([])).toMatchObject({ scenarios: names, isQuick: false, report: undefined });
  });

  it('takes several scenarios, and files for the report and the picture', () => {
    const argv = ['--quick', '--scenario', 'ours', 'direct', '--report', 'a.json', '--chart', 'b.svg'];
    expect(parseBenchOptions(argv)).toEqual({
      scenarios: ['ours', 'direct'],
      isQuick: true,
      isComplete: false,
      report: 'a.json',
      chart: 'b.svg',
    });
  });

  it('names every unknown scenario at once, with those there are', () => {
    const parse = () => parseBenchOptions(['--scenario', 'theirs', 'mine']);
    expect(parse).toThrow(/must be one of ours, direct, .*got "theirs"\n.*got "mine"/);
  });

  it('leaves scenarios out', () => {
    const { scenarios = [] } = parseBenchOptions(['--without', 'growth', 'ours']) ?? {};
    expect(scenarios).toHaveLength(SCENARIOS.length - 2);
    expect(scenarios).not.toContain('growth');
  });

  it('is complete, so that the page of the documentation is written, only with everything at full length', () => {
    const isComplete = (...argv: string[]) => parseBenchOptions(argv)?.isComplete;
    expect(isComplete()).toBe(true);
    expect(isComplete('--quick')).toBe(false);
    expect(isComplete('--scenario', 'ours')).toBe(false);
    expect(isComplete('--without', 'growth')).toBe(false);
  });

  it('says where the options are listed when it meets one it does not know', () => {
    expect(() => parseBenchOptions(['--fast'])).toThrow("unknown option '--fast'; --help lists the options");
  });
});
