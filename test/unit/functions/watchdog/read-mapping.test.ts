import { describe, expect, test } from 'vitest';
import { pauseReminder } from '../../../../functions/watchdog/read-mapping.ts';

const at = (time: string): number => Date.parse(`2026-11-26T${time}Z`);
const PAUSED = { isEnabled: false, changedAtMs: at('09:00:00') - 49 * 3_600_000 };

describe('the reminder of a pause', () => {
  test('comes every day at nine, for a quarter of an hour, with the hours so far', () => {
    for (const day of [0, 1, 2]) {
      const later = (time: string): number => pauseReminder(PAUSED, at(time) + day * 86_400_000);
      expect(later('09:00:00')).toBe(49 + 24 * day);
      expect(later('09:14:59')).toBe(49 + 24 * day);
      expect([later('08:59:59'), later('09:15:00'), later('21:00:00')]).toEqual([0, 0, 0]);
    }
  });

  test('is above 0 also of a pause that has just begun, and of a mapping that is gone', () => {
    expect(pauseReminder({ isEnabled: false, changedAtMs: at('09:00:00') }, at('09:00:30'))).toBe(1);
    expect(pauseReminder({ isEnabled: false, changedAtMs: undefined }, at('09:00:30'))).toBe(1);
  });

  test('does not come while the mapping is enabled', () => {
    expect(pauseReminder({ ...PAUSED, isEnabled: true }, at('09:05:00'))).toBe(0);
  });
});
