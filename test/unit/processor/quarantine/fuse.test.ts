import { expect, it } from 'vitest';
import { isFuseBlown } from '../../../../processor/quarantine/fuse.ts';

const SETTINGS = { thresholdPercent: 50, minEvents: 20 };

it('blows above the threshold, not at it', () => {
  expect(isFuseBlown(10, 20, SETTINGS)).toBe(false);
  expect(isFuseBlown(11, 20, SETTINGS)).toBe(true);
});

it('does not look at a batch below the smallest', () => {
  expect(isFuseBlown(19, 19, SETTINGS)).toBe(false);
  expect(isFuseBlown(20, 20, SETTINGS)).toBe(true);
});

it('is off at 100 percent', () => {
  expect(isFuseBlown(1000, 1000, { ...SETTINGS, thresholdPercent: 100 })).toBe(false);
  expect(isFuseBlown(1000, 1000, { ...SETTINGS, thresholdPercent: 99 })).toBe(true);
});
