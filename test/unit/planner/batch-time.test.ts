import { describe, expect, it } from 'vitest';
import { batchMs, fitBatchTime, recordsPerBatch } from '../../../planner/batch-time.ts';
import { planInput } from '../../support/plan-input.ts';

const { settings, workload } = planInput({ settings: { batchSize: 10_000 } });

describe('the records of a batch', () => {
  it('are as many as the setting says, or as fit into 6 MB', () => {
    expect(recordsPerBatch(settings, { ...workload, recordBytes: 100 })).toBe(10_000);
    expect(recordsPerBatch(settings, { ...workload, recordBytes: 1_000 })).toBe(Math.floor(6_291_456 / 1_790));
    expect(recordsPerBatch(settings, { ...workload, recordBytes: 4_694_000 })).toBe(1);
    expect(recordsPerBatch(settings, { ...workload, recordBytes: 4_695_000 })).toBe(0);
  });
});

describe('the time of a batch', () => {
  it('has one wait for each call, and work for each record', () => {
    expect(batchMs(1_000, { ...workload, callLatencyMs: 17, batchOverheadMs: 3 })).toBeCloseTo(17 + 3 + 80);
    expect(batchMs(1_000, { ...workload, callLatencyMs: 17, callsPerBatch: 2 })).toBeCloseTo(34 + 80);
    expect(batchMs(10, { ...workload, callLatencyMs: 17, callsPerRecord: 3 })).toBeCloseTo(510 + 0.8);
  });

  it('has one more wait for each 4 MiB of rows', () => {
    const large = { ...workload, callLatencyMs: 17, requestBytesPerRecord: 4_195, recordMicroseconds: 0 };
    expect(batchMs(999, large)).toBeCloseTo(17, 1);
    expect(batchMs(1_000, large)).toBeCloseTo(34, 1);
  });
});

describe('the line through measured batches', () => {
  const line = (records: number) => ({ records, ms: 24 + 0.02 * records });

  it('is found from batches of two sizes, whatever a few slow ones took', () => {
    const batches = [100, 100, 100, 1_000, 1_000, 1_000].map(line);
    const fitted = fitBatchTime([...batches, { records: 1_000, ms: 5_000 }]);
    expect(fitted?.fixedMs).toBeCloseTo(24);
    expect(fitted?.recordMicroseconds).toBeCloseTo(20);
  });

  it('says how much longer the slowest tenth takes', () => {
    const batches = Array.from({ length: 40 }, (_, index) => {
      const { records, ms } = line(index % 2 === 0 ? 100 : 1_000);
      return { records, ms: index < 34 ? ms : 1.5 * ms };
    });
    expect(fitBatchTime(batches)?.p90Ratio).toBeCloseTo(1.5);
    expect(fitBatchTime(batches.slice(0, 34))?.p90Ratio).toBeCloseTo(1);
  });

  it('is not there for batches of one size', () => {
    expect(fitBatchTime([line(100), line(100)])).toBeUndefined();
  });
});
