import { describe, expect, it } from 'vitest';
import { sumRecords, type RecordCounts } from '../../../../local/page/sum-records.ts';
import type { BatchTotals } from '../../../../local/run/batch-log.ts';

const BATCH = { RecordsReceived: 10, EventsReceived: 10 };

function sumOf(counts: Partial<RecordCounts>, totals: Partial<BatchTotals>) {
  const sum = sumRecords({ put: 0, done: 0, filtered: 0, discarded: 0, ...counts }, totals as BatchTotals);
  const { in: put, ...places } = sum;
  return { ...sum, missing: put - Object.values(places).reduce((total, value) => total + value) };
}

describe('the sum of the records', () => {
  it('closes before the first batch', () => {
    expect(sumOf({ put: 30 }, {})).toMatchObject({ in: 30, inEffect: 0, onTheWay: 30, missing: 0 });
  });

  it('closes between the commit of a batch and its answer', () => {
    const committed = { ...BATCH, EventsWritten: 9, EventsQuarantined: 1 };
    expect(sumOf({ put: 30 }, committed)).toMatchObject({ inEffect: 9, quarantined: 1, onTheWay: 20, missing: 0 });
    expect(sumOf({ put: 30, done: 10 }, committed)).toMatchObject({ inEffect: 9, onTheWay: 20, missing: 0 });
  });

  it('closes while a batch that was committed is delivered again', () => {
    const twice = { RecordsReceived: 20, EventsReceived: 20, EventsWritten: 10, EventsDuplicate: 10 };
    expect(sumOf({ put: 30 }, twice)).toMatchObject({ inEffect: 10, withoutEffect: 0, onTheWay: 20, missing: 0 });
  });

  it.each(['EventsSuperseded', 'EventsExisting', 'EventsSkipped', 'EventsDuplicate'] as const)(
    'has %s among those without effect of their own',
    (name) => {
      const totals = { ...BATCH, EventsWritten: 6, [name]: 4 };
      expect(sumOf({ put: 10, done: 10 }, totals)).toMatchObject({ withoutEffect: 4, onTheWay: 0, missing: 0 });
    },
  );

  it('has an event that waited in effect, once it is', () => {
    const totals = { ...BATCH, EventsWritten: 7, EventsWaiting: 3, EventsHealed: 2 };
    expect(sumOf({ put: 10, done: 10 }, totals)).toMatchObject({ inEffect: 9, waiting: 1, missing: 0 });
  });

  it('counts events where a record has several', () => {
    const totals = { RecordsReceived: 10, EventsReceived: 30, EventsWritten: 30 };
    expect(sumOf({ put: 15, done: 10 }, totals)).toMatchObject({ in: 35, inEffect: 30, onTheWay: 5, missing: 0 });
  });

  it('does not close when the mapping is done with a record that nothing tells of', () => {
    expect(sumOf({ put: 10, done: 10 }, { ...BATCH, EventsWritten: 7 })).toMatchObject({ onTheWay: 0, missing: 3 });
  });
});
