import type { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { fillStream } from '../../../../local/kinesis/fill-stream.ts';

const MEBIBYTE = 1024 * 1024;

type Answer = (index: number, call: number) => string | undefined;

/** A client that keeps what it is sent, and fails the records it is told to. */
function recordingClient(errorOf: Answer = () => undefined) {
  const calls: (readonly { readonly key: string; readonly data: string }[])[] = [];
  const client = {
    send: (command: PutRecordsCommand) => {
      const records = (command.input.Records ?? []).map(({ PartitionKey: key = '', Data: data }) => ({
        key,
        data: Buffer.from(data ?? []).toString(),
      }));
      calls.push(records);
      const call = calls.length;
      return Promise.resolve({
        Records: records.map((_, index) => {
          const code = errorOf(index, call);
          return code === undefined ? { SequenceNumber: '1' } : { ErrorCode: code, ErrorMessage: 'slow down' };
        }),
      });
    },
  };
  return { calls, client: client as unknown as KinesisClient };
}

const records = (count: number, bytes = 1) =>
  Array.from({ length: count }, () => ({ partitionKey: 'k', data: Buffer.alloc(bytes, 'x') }));

describe('fillStream', () => {
  it.each([
    { count: 500, calls: [500] },
    { count: 501, calls: [500, 1] },
    { count: 0, calls: [] },
  ])('sends $count records in calls of $calls', async ({ count, calls: expected }) => {
    const { client, calls } = recordingClient();
    const summary = await fillStream(client, records(count), { streamName: 's' });
    expect(calls.map(({ length }) => length)).toEqual(expected);
    expect(summary).toEqual({ records: count, calls: expected.length, retried: 0 });
  });

  it.each([
    { bytes: MEBIBYTE - 1, calls: [5] },
    { bytes: MEBIBYTE, calls: [4, 1] },
  ])('counts partition keys towards 5 MiB: five records of $bytes bytes in calls of $calls', async (given) => {
    const { client, calls } = recordingClient();
    await fillStream(client, records(5, given.bytes), { streamName: 's' });
    expect(calls.map(({ length }) => length)).toEqual(given.calls);
  });

  it('puts what failed again, before what comes after it in the lane', async () => {
    const { client, calls } = recordingClient((index, call) =>
      call === 1 && index % 2 === 1 ? 'ProvisionedThroughputExceededException' : undefined,
    );
    const summary = await fillStream(client, records(600), { streamName: 's' });
    expect(calls.map(({ length }) => length)).toEqual([500, 250, 100]);
    expect(summary).toEqual({ records: 600, calls: 3, retried: 250 });
  });

  it('gives up with the reason after ten attempts', async () => {
    const { client, calls } = recordingClient(() => 'InternalFailure');
    const waits: number[] = [];
    const clock = { now: () => 0, sleep: (ms: number) => Promise.resolve(void waits.push(ms)) };
    await expect(fillStream(client, records(1), { streamName: 's', clock })).rejects.toThrow(
      '1 records could not be put in 10 attempts: InternalFailure slow down',
    );
    expect(calls).toHaveLength(10);
    expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800]);
  });

  it('stops between two calls when told to', async () => {
    const controller = new AbortController();
    const { client, calls } = recordingClient();
    const filling = fillStream(client, records(2_000), {
      streamName: 's',
      signal: controller.signal,
      onProgress: () => {
        controller.abort(new Error('enough'));
      },
    });
    await expect(filling).rejects.toThrow('enough');
    expect(calls).toHaveLength(1);
  });
});
