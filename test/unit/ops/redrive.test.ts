import { describe, expect, it } from 'vitest';
import { PUT_RECORDS } from '../../../contract/limits.ts';
import type { RecordToPut } from '../../../kinesis/put-records.ts';
import type { RedriveItem, RedriveSource } from '../../../ops/redrive/redrive-source.ts';
import { redrive } from '../../../ops/redrive/redrive.ts';
import { redriveSettings } from '../../support/redrive-settings.ts';

/** Redrives items with so many bytes each, on one page, and notes in which order they are read and put. */
async function redriven(bytesOf: readonly number[], ratePerSecond = 1_000): Promise<string[]> {
  const events: string[] = [];
  const items = bytesOf.map((bytes, n): RedriveItem => ({ id: String(n), summary: { bytes } }));
  const source: RedriveSource = {
    // eslint-disable-next-line @typescript-eslint/require-await -- a page that is there already
    pages: async function* () {
      yield { items, refused: [] };
    },
    read: ({ id, summary }) => {
      events.push(`read ${id}`);
      return Promise.resolve([{ partitionKey: id, data: new Uint8Array(Number(summary['bytes'])) }]);
    },
    announce: () => Promise.resolve(),
    mark: (marked) => {
      events.push(`mark ${marked.length}`);
      return Promise.resolve();
    },
  };
  const put = (records: readonly RecordToPut[]): Promise<void> => {
    events.push(`put ${records.map(({ partitionKey }) => partitionKey).join(' ')}`);
    return Promise.resolve();
  };
  const report = await redrive(source, { put }, redriveSettings({ ratePerSecond }));
  expect(report).toMatchObject({ items: bytesOf.length, records: bytesOf.length });
  return events;
}

describe('the records of a page', () => {
  /** Half of what a call takes, the partition key of one byte included. */
  const half = PUT_RECORDS.maxBytes / 2 - 1;

  it('are put together where one put takes them, to the byte', async () => {
    expect(await redriven([half, half])).toEqual(['read 0', 'read 1', 'put 0 1', 'mark 2']);
  });

  it('are put as they are read where they are large, so that at most one waits in memory', async () => {
    expect(await redriven([half, half + 1, half, 2 * PUT_RECORDS.maxBytes])).toEqual([
      'read 0',
      'read 1',
      'put 0',
      'read 2',
      'put 1',
      'read 3',
      'put 2',
      'put 3',
      'mark 4',
    ]);
  });

  it('are put no faster than the rate, and never more than a put takes', async () => {
    expect((await redriven([1, 1, 1], 2)).filter((event) => event.startsWith('put'))).toEqual(['put 0 1', 'put 2']);
    const puts = (await redriven(Array<number>(PUT_RECORDS.maxRecords + 1).fill(0))).filter((event) =>
      event.startsWith('put'),
    );
    expect(puts.map((event) => event.split(' ').length - 1)).toEqual([PUT_RECORDS.maxRecords, 1]);
  });
});
