import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { BATCH_METRICS } from '../../../contract/metrics.ts';
import { compileProjection } from '../../../processor/compile-projection.ts';
import { batchResponse } from '../../../processor/write/batch-outcome.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { defineProjection, inserts, lookup } from '../../../processor/projection.ts';
import { aggregate } from '../../support/aggregate.ts';
import { FakeEventStore } from '../../support/fake-event-store.ts';
import { FakeLookupSource } from '../../support/fake-lookup-source.ts';
import { kinesisRecord, sequenceNumber } from '../../support/kinesis-record.ts';
import type { OrderEngine } from '../../support/order-engine.ts';
import { orderEngine } from '../../support/order-engine.ts';
import { order } from '../../support/orders-projection.ts';
import { collectUnhandledRejections } from '../../support/unhandled-rejections.ts';

/** What other consumers of a stream have stumbled over and no other test here names; docs/failure-model.md has them all. */

function run(engine: OrderEngine, contents: readonly unknown[], first = 0) {
  const records = contents.map((data, index) => kinesisRecord({ data, index: first + index }));
  return processBatch(records, engine, engine.clock.budget(60_000));
}

function subRecords(...events: readonly unknown[]): Buffer {
  return aggregate(events.map((event, n) => ({ partitionKey: `key-${n}`, data: JSON.stringify(event) })));
}

describe('the answer to the mapping', () => {
  it('lets a record at the head of a batch that can never succeed pass in one delivery, with no retry and no cut', async () => {
    const { committedRecords } = await run(orderEngine(), ['no json', order(1), order(2)]);
    expect(committedRecords).toBe(3);
    expect(batchResponse([0, 1, 2].map(sequenceNumber), committedRecords)).toEqual({ batchItemFailures: [] });
  });

  it('names a record by its place, also where its number has more digits than the one before', () => {
    const numbers = ['9'.repeat(56), `1${'0'.repeat(56)}`, `1${'0'.repeat(55)}1`];
    expect(batchResponse(numbers, 1)).toEqual({ batchItemFailures: [{ itemIdentifier: numbers[1] }] });
  });
});

describe('sub-records of one aggregate', () => {
  it('are told apart in the quarantine, although they share a sequence number, and are the same when they come again', async () => {
    const engine = orderEngine();
    const batch = [subRecords({ bad: 1 }, order(0), { bad: 2 })];
    expect(await run(engine, batch)).toMatchObject({ written: 1, duplicates: 0 });
    expect(await run(engine, batch)).toMatchObject({ written: 0, duplicates: 1 });
    expect([...engine.store.quarantine.keys()]).toEqual([`${sequenceNumber(0)}/0`, `${sequenceNumber(0)}/2`]);
  });

  it('are all taken, whichever shard their keys belong to, and have one effect when they come by two shards', async () => {
    const engine = orderEngine();
    const packed = subRecords(order(0), order(1), order(2), order(3));
    expect(await run(engine, [packed])).toMatchObject({ events: 4, written: 4 });
    expect(await run(engine, [packed], 1_000)).toMatchObject({ events: 4, written: 0, duplicates: 4 });
  });
});

describe('calls of one batch', () => {
  it('are never two at a time, however many statements it takes', async () => {
    const store = new FakeEventStore();
    const base = orderEngine({ store, maxRequestBytes: 65_536 });
    let [inFlight, most] = [0, 0];
    const alone = async <T>(call: () => Promise<T>): Promise<T> => {
      most = Math.max(most, (inFlight += 1));
      await new Promise(setImmediate);
      return call().finally(() => (inFlight -= 1));
    };
    const engine = {
      ...base,
      store: {
        write: (...call: Parameters<FakeEventStore['write']>) => alone(() => store.write(...call)),
        missingParents: () => alone(() => store.missingParents()),
        storePart: (...call: Parameters<FakeEventStore['storePart']>) => alone(() => store.storePart(...call)),
        closeUnidentified: () => alone(() => store.closeUnidentified()),
        explain: () => alone(() => store.explain()),
      },
      lookupSource: {
        read: (...[keys]: Parameters<FakeLookupSource['read']>) => alone(() => base.lookupSource.read(keys)),
      },
    };
    const records = Array.from({ length: 1_000 }, (_, n) =>
      kinesisRecord({ data: n === 500 ? 'x'.repeat(100_000) : order(n), index: n }),
    );
    await processBatch(records, engine, base.clock.budget(60_000));
    expect(store.calls.length).toBeGreaterThan(1);
    expect(store.partCalls.length).toBeGreaterThan(1);
    expect(most).toBe(1);
  });
});

describe("a user's function", () => {
  const late = collectUnhandledRejections();

  /** Each part throws or returns for the event with its name, whatever TypeScript would say to it. */
  function engineWith(trouble: () => unknown) {
    const at = (part: string, { id }: { readonly id: string }, otherwise: unknown): never =>
      (id === part ? trouble() : otherwise) as never;
    const projection = defineProjection({
      name: 'troubled',
      schema: z.object({ id: z.string() }),
      eventId: (event) => at('eventId', event, event.id),
      lookups: { names: lookup({ table: 'names', key: 'id', keyType: 'text', columns: { name: 'text' } }) },
      lookupKeys: (event) => at('lookupKeys', event, { names: [event.id] }),
      tables: { things: inserts({ columns: { id: 'text', name: 'text' } }) },
      project: (event, { names }) => at('project', event, { things: { id: event.id, name: names(event.id).name } }),
    });
    const lookupSource = new FakeLookupSource({ good: { name: 'Good' }, project: { name: 'Project' } });
    return { ...orderEngine({ lookupSource }), compiled: compileProjection(projection) };
  }

  const revoked = (): object => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };

  const throwing = (what: unknown) => (): never => {
    throw what;
  };

  it.each([
    ['throws what is no error', throwing('text')],
    ['throws nothing at all', throwing(undefined)],
    ['throws what has no text', throwing(Object.create(null))],
    ['throws what nobody may ask for its class', throwing(revoked())],
    ['returns a promise that fails late', () => Promise.reject(new Error('late'))],
  ])('that %s rejects its event alone, wherever it is called', async (_, trouble) => {
    const engine = engineWith(trouble);
    const report = await run(engine, [{ id: 'eventId' }, { id: 'lookupKeys' }, { id: 'project' }, { id: 'good' }]);
    // A rejection counts as unhandled only after the microtasks of its turn.
    await new Promise(setImmediate);
    expect(report.rejections.map(({ rejection }) => rejection.origin.sequenceNumber)).toEqual(
      [0, 1, 2].map(sequenceNumber),
    );
    expect(report).toMatchObject({ written: 1, committedRecords: 4, hold: undefined });
    expect(late).toEqual([]);
  });
});

describe('a metrics document', () => {
  it('has at most the 100 metrics that CloudWatch takes from one', () => {
    expect(Object.keys(BATCH_METRICS).length).toBeLessThanOrEqual(100);
  });
});
