import { describe, expect, it } from 'vitest';
import type { AuditedItem } from '../../../../contract/audited-item.ts';
import { Tally } from '../../../../ops/verify/tally.ts';
import type { AskAudit, VerifyOptions } from '../../../../ops/verify/verify-shards.ts';
import { verifyShard } from '../../../../ops/verify/verify-shards.ts';

type Verdict = Partial<AuditedItem>;

interface Scene {
  /** What the audit says of each record, by its sequence number. */
  readonly verdicts: readonly Verdict[];
  readonly committed?: number;
  readonly heldFrom?: number;
  readonly options?: Partial<VerifyOptions>;
  /** Sequence numbers at which the projection ends its process. */
  readonly deadly?: readonly number[];
}

function verify({ verdicts, committed = verdicts.length, heldFrom, options = {}, deadly = [] }: Scene) {
  const tally = new Tally();
  const asked: { readonly numbers: readonly string[]; readonly compared: readonly boolean[] }[] = [];
  const audit: AskAudit = (records, compared) => {
    const numbers = records.map(({ kinesis }) => kinesis.sequenceNumber);
    asked.push({ numbers, compared });
    if (numbers.some((number) => deadly.includes(Number(number)))) return Promise.resolve(undefined);
    const items = numbers.map((number, recordIndex): AuditedItem => ({
      recordIndex,
      subSequenceNumber: 0,
      eventId: `event-${number}`,
      fate: 'in-effect',
      reason: null,
      faults: [],
      ...verdicts[Number(number) - 1],
    }));
    return Promise.resolve(items);
  };
  const records = verdicts.map((_, index) => ({
    SequenceNumber: String(index + 1),
    PartitionKey: 'k',
    Data: Buffer.from('x'),
    ApproximateArrivalTimestamp: new Date(1000 * (index + 1)),
  }));
  const position = {
    committed: { sequenceNumber: BigInt(committed), arrivedAtMs: 1000 * committed },
    heldFrom: heldFrom === undefined ? undefined : BigInt(heldFrom),
  };
  const found = verifyShard(
    { shardId: 'shard-1', position },
    {
      audit,
      tally,
      async *read() {
        await Promise.resolve();
        yield { records, bytes: records.length };
      },
      passesFilters: () => true,
      startMs: undefined,
      goesBeyond: true,
      every: 1,
      onRead: () => undefined,
      ...options,
    },
  );
  return found.then((suspects) => ({ tally, asked, suspects: suspects.map(({ event }) => event.sequenceNumber) }));
}

const NOWHERE = { fate: 'nowhere' } as const;

describe('verifyShard', () => {
  it('counts each event in its place, with the reasons of those that have no effect', async () => {
    const { tally, suspects } = await verify({
      verdicts: [
        {},
        { fate: 'skipped', reason: 'ping' },
        { fate: 'quarantined', reason: 'schema' },
        { fate: 'waiting', reason: 'lookup-absent' },
        { fate: 'put-back' },
      ],
    });
    expect(suspects).toEqual([]);
    expect(tally.counts()).toMatchObject({
      records: 5,
      events: 5,
      places: { 'in-effect': 1, skipped: 1, quarantined: 1, waiting: 1, 'put-back': 1, missing: 0 },
      skipped: { ping: 1 },
      quarantined: { schema: 1, 'lookup-absent': 1 },
      findings: 0,
    });
  });

  it('suspects an event that the consumer has passed, and none that it has not reached or holds', async () => {
    const verdicts = [NOWHERE, NOWHERE, NOWHERE];
    expect((await verify({ verdicts })).suspects).toEqual(['1', '2', '3']);
    const reached = await verify({ verdicts, committed: 2 });
    expect(reached.suspects).toEqual(['1', '2']);
    expect(reached.tally.counts().places).toMatchObject({ 'not-reached': 1, missing: 0 });
    expect((await verify({ verdicts, heldFrom: 2 })).suspects).toEqual(['1']);
  });

  it('suspects nothing from before the mapping began, and nothing that its filters leave out', async () => {
    const verdicts = [NOWHERE, NOWHERE, NOWHERE];
    const passesFilters = ({ kinesis }: { kinesis: { sequenceNumber: string } }) => kinesis.sequenceNumber !== '2';
    const { suspects, tally } = await verify({ verdicts, options: { startMs: 2_000, passesFilters } });
    expect(suspects).toEqual(['3']);
    expect(tally.counts().places).toMatchObject({ 'before-start': 1, filtered: 1 });
  });

  it('stops where the consumer is, unless it is told to go beyond', async () => {
    const { tally } = await verify({ verdicts: [{}, {}, NOWHERE], committed: 2, options: { goesBeyond: false } });
    expect(tally.counts()).toMatchObject({ records: 2, places: { 'in-effect': 2, 'not-reached': 0 } });
  });

  it('compares the rows of one record in so many', async () => {
    const { asked, tally } = await verify({ verdicts: [{}, {}, {}, {}], options: { every: 3 } });
    expect(asked.flatMap(({ compared }) => compared)).toEqual([true, false, false, true]);
    expect(tally.counts().compared).toBe(2);
  });

  it('finds the record that ends the process by halving, and goes on with all others', async () => {
    const { tally } = await verify({ verdicts: [{}, {}, {}, {}, {}], deadly: [3] });
    expect(tally.counts().places).toMatchObject({ 'in-effect': 4, unknown: 1 });
    expect(tally.findings).toMatchObject([{ kind: 'unknown', sequenceNumber: '3' }]);
  });

  it('tells each fault with the record that it is of, and counts those that are too many to tell', async () => {
    const faults = [{ kind: 'row-missing', table: 'orders' }] as const;
    const { tally } = await verify({ verdicts: Array.from({ length: 30 }, () => ({ faults })) });
    expect(tally.counts().findings).toBe(30);
    expect(tally.findings).toHaveLength(20);
    expect(tally.findings[0]).toEqual({
      kind: 'row-missing',
      table: 'orders',
      shardId: 'shard-1',
      sequenceNumber: '1',
      subSequenceNumber: 0,
      partitionKey: 'k',
      arrivedAt: '1970-01-01T00:00:01.000Z',
      eventId: 'event-1',
      reason: null,
    });
  });

  it('counts events that came before, each time that they came again', async () => {
    const { tally } = await verify({
      verdicts: [{}, { eventId: 'event-1' }, { eventId: 'event-1' }, { eventId: null }],
    });
    expect(tally.counts().repeated).toBe(2);
    expect(tally.repeats.map(({ sequenceNumber }) => sequenceNumber)).toEqual(['2', '3']);
  });
});
