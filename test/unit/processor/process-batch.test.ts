import { describe, expect, it } from 'vitest';
import { processBatch } from '../../../processor/process-batch.ts';
import type { ProjectionStep } from '../../../processor/project/project-items.ts';
import { databaseError } from '../../support/database-error.ts';
import { FakeEventStore } from '../../support/fake-event-store.ts';
import { FakeLookupSource } from '../../support/fake-lookup-source.ts';
import { kinesisRecord, sequenceNumber, SHARD_ID } from '../../support/kinesis-record.ts';
import type { OrderEngine } from '../../support/order-engine.ts';
import { orderEngine } from '../../support/order-engine.ts';
import { order } from '../../support/orders-projection.ts';

function run(engine: OrderEngine, contents: readonly unknown[], budgetMs = 60_000) {
  const records = contents.map((data, index) => kinesisRecord({ data, index, arrivedAtMs: 1_000_000_000_000 + index }));
  return processBatch(records, engine, engine.clock.budget(budgetMs));
}

describe('a batch', () => {
  it('is decoded, enriched, projected and written in two calls, in one when the cache is warm', async () => {
    const engine = orderEngine();
    const report = await run(engine, [order(0), order(1), order(2), order(3)]);
    expect(report).toMatchObject({
      shardId: SHARD_ID,
      records: 4,
      events: 4,
      committedRecords: 4,
      written: 4,
      duplicates: 0,
      rejections: [],
      hold: undefined,
      lookups: 4,
      cacheMisses: 3,
      calls: { calls: 2, errors: 0 },
    });
    expect(engine.store.calls[0]).toEqual({
      function_name: 'orders',
      events: '[[0,"order-0"],[1,"order-1"],[2,"order-2"],[3,"order-3"]]',
      rows_0:
        '[[0,"order-0","Detroit",10],[1,"order-1","Allentown",11],[2,"order-2","New York",12],[3,"order-3","Detroit",13]]',
      rows_1: '[[0,"customer-0",10],[1,"customer-1",11],[2,"customer-2",12],[3,"customer-0",13]]',
      rows_2:
        '[[0,"customer-0","order-0",10],[1,"customer-1","order-1",11],[2,"customer-2","order-2",12],[3,"customer-0","order-3",13]]',
      log: `["${SHARD_ID}","${sequenceNumber(0)}","${sequenceNumber(3)}",1000000000000,1000000000003,4,4,"test-version","${sequenceNumber(0)}"]`,
    });
    const warm = await run(engine, [order(4)]);
    expect(warm).toMatchObject({ written: 1, lookups: 1, cacheMisses: 0, calls: { calls: 1, errors: 0 } });
  });

  it('delivered again has the same parameters, whatever the cache holds, and changes nothing', async () => {
    const [warm, cold] = [orderEngine(), orderEngine()];
    const contents = [order(0), 'no json', order(1), order(2, { customer: 'nobody' }), order(0)];
    await run(warm, [order(7), order(8)]);
    const [first, again, elsewhere] = [await run(warm, contents), await run(warm, contents), await run(cold, contents)];
    expect(warm.store.calls[2]).toEqual(warm.store.calls[1]);
    expect(cold.store.calls[0]).toEqual(warm.store.calls[1]);
    expect([first, again, elsewhere].map(({ written, duplicates }) => [written, duplicates])).toEqual([
      [2, 1],
      [0, 3],
      [2, 1],
    ]);
    expect(again.rejections.map(({ rejection }) => rejection.reason)).toEqual(['not-json', 'lookup-absent']);
    expect(again.committedRecords).toBe(5);
  });

  it('leaves nothing behind for the next one', async () => {
    const engine = orderEngine({
      store: new FakeEventStore({
        failure: (call) => (call === 1 ? { error: databaseError('configuration', '42P01') } : undefined),
      }),
    });
    const held = await run(engine, ['no json', order(0)]);
    expect(held).toMatchObject({
      committedRecords: 0,
      written: 0,
      hold: { reason: 'configuration' },
      calls: { calls: 2, errors: 1 },
    });
    const next = await run(engine, [order(3)]);
    expect(next).toMatchObject({
      committedRecords: 1,
      written: 1,
      rejections: [],
      hold: undefined,
      calls: { calls: 1, errors: 0 },
    });
    expect(JSON.parse(engine.store.calls[1]!['events']!)).toEqual([[0, 'order-3']]);
  });

  it('that a bug ends is thrown, and the next one is none the worse', async () => {
    const engine = orderEngine({
      store: new FakeEventStore({ failure: (call) => (call === 1 ? { error: new TypeError('bug') } : undefined) }),
    });
    await expect(run(engine, ['no json', order(0)])).rejects.toThrow('bug');
    expect(await run(engine, [order(0)])).toMatchObject({ written: 1, committedRecords: 1, rejections: [] });
  });

  it('is held whole when the reference rows cannot be read', async () => {
    const engine = orderEngine({ lookupSource: new FakeLookupSource({}, () => databaseError('transient')) });
    const report = await run(engine, [order(0), order(1), 'no json'], 3_000);
    expect(report).toMatchObject({
      events: 3,
      committedRecords: 0,
      written: 0,
      rejections: [],
      hold: { reason: 'transient' },
    });
    expect(report.calls.calls).toBeGreaterThan(1);
    expect(engine.store.calls).toEqual([]);
  });

  it('without time for a call is held', async () => {
    const engine = orderEngine();
    expect(await run(engine, [order(0)], 100)).toMatchObject({ committedRecords: 0, hold: { reason: 'deadline' } });
    expect(engine.store.calls).toEqual([]);
  });

  it('larger than a request travels in several statements', async () => {
    const engine = orderEngine({ maxRequestBytes: 65_536 });
    const report = await run(
      engine,
      Array.from({ length: 1_000 }, (_, n) => order(n)),
    );
    expect(engine.store.calls.length).toBeGreaterThan(1);
    expect(report).toMatchObject({ written: 1_000, committedRecords: 1_000, hold: undefined });
    expect(engine.store.ledger.size).toBe(1_000);
  });
});

describe('what a projection leaves behind', () => {
  it('has its turn before anything is written: a promise that has failed ends the process then', async () => {
    const happened: string[] = [];
    const store = new FakeEventStore({
      failure: () => {
        happened.push('write');
        return undefined;
      },
    });
    const engine = orderEngine({ store });
    const project: ProjectionStep['project'] = () => {
      setImmediate(() => happened.push('left behind'));
      return {};
    };
    const compiled = { ...engine.compiled, step: { ...engine.compiled.step, project } };
    await processBatch([kinesisRecord({ data: order(0) })], { ...engine, compiled }, () => 60_000);
    expect(happened).toEqual(['left behind', 'write']);
  });
});

describe('two events with one id', () => {
  it('have one effect, and the second counts as a duplicate', async () => {
    const report = await run(orderEngine(), [order(0), order(0)]);
    expect(report).toMatchObject({ written: 1, duplicates: 1, committedRecords: 2 });
  });

  it('are each judged by themselves when the first is rejected', async () => {
    const engine = orderEngine();
    const report = await run(engine, [order(0, { amount: 2 ** 40 }), order(0)]);
    expect(report).toMatchObject({ written: 1, duplicates: 0, committedRecords: 2 });
    expect(engine.store.quarantine.size).toBe(1);
  });
});
