import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFunctionBundle } from '../../../build/bundle-function.ts';
import { createFunctionRuntime } from '../../../local/environments/function-runtime.ts';
import { createEventSourceMapping } from '../../../local/mapping/event-source-mapping.ts';
import type { MappingFault } from '../../../local/mapping/mapping-fault.ts';
import { MemoryStream } from '../../../local/mapping/memory-source.ts';
import type { MappingEvent } from '../../../local/mapping/mapping-event.ts';

const RECORDS = 2_000;
const FAULTS: readonly (MappingFault | undefined)[] = [
  undefined,
  { kind: 'duplicate-delivery' },
  undefined,
  { kind: 'killed-environment', moment: 'before-handler' },
  undefined,
  { kind: 'out-of-memory', moment: 'after-handler' },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faulty-'));
  await writeFunctionBundle('test/conformance/mapping/functions/answering.ts', folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe('a drain through real environments with faults at every turn', () => {
  it('resolves every record once, in order per key, and replaces each environment that was lost', async () => {
    const stream = new MemoryStream({ shardCount: 2 });
    stream.append(
      Array.from({ length: RECORDS }, (_, index) => ({
        partitionKey: `key-${index % 50}`,
        data: Buffer.from('{"batchItemFailures":[]}').toString('base64'),
      })),
    );
    const runtime = createFunctionRuntime({
      bundlePath: join(folder, 'index.mjs'),
      functionName: 'answering',
      timeoutMs: 60_000,
      maxConcurrency: 4,
    });
    const events: MappingEvent[] = [];
    let attempts = 0;
    let lost = 0;
    const mapping = createEventSourceMapping({
      source: stream,
      invoker: runtime,
      settings: { batchSize: 100, parallelizationFactor: 2 },
      pace: { idlePollMs: 10, minReadIntervalMs: 1, retryBackoff: { firstMs: 1, maxMs: 5 } },
      faults: () => {
        const fault = FAULTS[(attempts += 1) % FAULTS.length];
        if (fault !== undefined && fault.kind !== 'duplicate-delivery') lost += 1;
        return fault;
      },
      observe: (event) => events.push(event),
    });
    try {
      await mapping.start();
      await mapping.drained();
    } finally {
      await mapping.stop();
      await runtime.close();
    }

    const resolved = events.flatMap((event) => (event.type === 'resolved' ? event.records : []));
    expect(resolved).toHaveLength(RECORDS);
    expect(new Set(resolved.map(({ sequenceNumber }) => sequenceNumber)).size).toBe(RECORDS);
    for (let key = 0; key < 50; key += 1) {
      const ofKey = resolved.filter(({ partitionKey }) => partitionKey === `key-${key}`);
      const numbers = ofKey.map(({ sequenceNumber }) => BigInt(sequenceNumber));
      expect(numbers.every((number, index) => index === 0 || number > numbers[index - 1]!)).toBe(true);
    }
    expect(lost).toBeGreaterThan(0);
    expect(runtime.environmentsStarted()).toBeGreaterThan(4);
    expect(events.some((event) => event.type === 'invoked' && event.isDuplicate)).toBe(true);
  });
});
