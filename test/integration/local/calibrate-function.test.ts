import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { calibrateFunction, type CalibrationOptions } from '../../../local/calibrate/calibrate-function.ts';

const EXAMPLE = {
  functionName: 'orders',
  input: undefined,
  inputFormat: 'json',
  partitionKey: undefined,
  randomKey: false,
} as const;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calibrate-'));
});

afterEach(() => rm(folder, { recursive: true }));

function calibrate(options: Partial<CalibrationOptions> = {}, signal = new AbortController().signal) {
  return calibrateFunction({ ...EXAMPLE, ...options }, { progress: () => undefined, signal });
}

async function withEvents(count: number, event: object): Promise<Partial<CalibrationOptions>> {
  const input = join(folder, 'events.ndjson');
  await writeFile(input, `${JSON.stringify(event)}\n`.repeat(count));
  return { input, partitionKey: 'id' };
}

describe('the calibration of a function', () => {
  it('measures batches of two sizes with its own events, which are new each time', async () => {
    const { batches, callsPerBatch, recordBytes, events, ...shares } = await calibrate();
    const sizes = batches.map(({ records }) => records);
    expect(sizes.filter((records) => records === Math.floor(events / 2)).length).toBeGreaterThan(20);
    expect(sizes.filter((records) => records === Math.ceil(events / 20)).length).toBeGreaterThan(20);
    for (const { ms } of batches) expect(ms).toBeGreaterThan(0);
    expect(callsPerBatch).toBeGreaterThanOrEqual(1);
    expect(recordBytes).toBeGreaterThan(50);
    expect(recordBytes).toBeLessThan(500);
    // As often as in the example events themselves, which were worked off many times.
    expect(shares).toMatchObject({ functionName: 'orders', quarantinedShare: 0, duplicateShare: 0 });
  });

  it('says why batches of a function can not be measured', async () => {
    const failing = calibrate(await withEvents(40, { id: 1, type: 'nonsense' }));
    await expect(failing).rejects.toThrow(/every batch must succeed to be measured, got one that did not: .*fuse/s);
  });

  it('needs a function, and events enough for batches of two sizes', async () => {
    await expect(calibrate({ functionName: 'order' })).rejects.toThrow('did you mean');
    await expect(calibrate(await withEvents(19, { id: 1 }))).rejects.toThrow(
      '`--calibrate` needs at least 20 events, got 19; pass a longer file with `--input FILE`',
    );
  });

  it('ends when it is told to', async () => {
    const ended = calibrate({}, AbortSignal.abort(new Error('enough')));
    await expect(ended).rejects.toThrow('enough');
  });
});
