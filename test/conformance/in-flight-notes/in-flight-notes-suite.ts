import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { InFlightNote, InFlightNotes, SequenceRange, Worker } from '../../../processor/ports.ts';
import { ANY_CALL } from '../../support/fake-in-flight-notes.ts';
import { sequenceNumber, SHARD_ID } from '../../support/kinesis-record.ts';

/** What the suite has to do beside the port. */
export interface InFlightNotesUnderTest {
  /** The notes as a process keeps them; every process of a test has its own. */
  readonly of: (processId: string) => InFlightNotes;
  /** Puts a record into the quarantine. */
  readonly quarantine: (sequenceNumber: string, reason: 'kills-function' | 'schema') => Promise<void>;
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

function range(from: number, to: number): SequenceRange {
  return { first: sequenceNumber(from), last: sequenceNumber(to) };
}

function note(from: number, to: number, rest: Partial<InFlightNote> = {}): InFlightNote {
  return { ...range(from, to), crashes: 0, alone: false, eventId: null, verdict: null, state: 'at-work', ...rest };
}

function worker(rest: Partial<Worker> = {}): Worker {
  return { shardId: SHARD_ID, requestId: 'request-1', remainingMs: 60_000, arrivedAtMs: 0, ...rest };
}

/** What every implementation of the port does. */
export function describeInFlightNotes(name: string, open: () => Promise<InFlightNotesUnderTest>): void {
  describe(`in-flight notes: ${name}`, () => {
    let world: InFlightNotesUnderTest;
    beforeAll(async () => {
      world = await open();
    });
    beforeEach(() => world.clear());
    afterAll(() => world.close());

    const begin = (process: string, batch: InFlightNote, who: Worker = worker()) =>
      world.of(process).begin(batch, who, ANY_CALL);
    const replace = (process: string, gone: readonly SequenceRange[], kept: readonly InFlightNote[]) =>
      world.of(process).replace({ gone, kept }, worker(), ANY_CALL);
    const states = async (process: string, who: Worker = worker()) =>
      (await begin(process, note(0, 99), who)).notes.map(({ first, last, state }) => ({ first, last, state }));

    it('find nothing where nothing is noted, their own note included', async () => {
      expect(await begin('p1', note(0, 9))).toEqual({ notes: [], quarantined: [] });
    });

    it('find the note of a process that died, with everything that it says', async () => {
      await begin('p1', note(3, 3, { alone: true, crashes: 2 }));
      expect((await begin('p2', note(0, 9))).notes).toEqual([
        { ...range(3, 3), crashes: 2, alone: true, eventId: null, verdict: null, state: 'died' },
      ]);
    });

    it.each([
      ['delivered again', worker(), 'died'],
      ['given to another invocation while there is time', worker({ requestId: 'request-2' }), 'at-work'],
    ])('take a process for $2 whose batch is $0', async (_, who, state) => {
      await begin('p1', note(0, 9));
      expect(await states('p2', who)).toEqual([{ ...range(0, 9), state }]);
    });

    it('take a process for dead whose time is up, whoever has its records now', async () => {
      await begin('p1', note(0, 9), worker({ remainingMs: 0, arrivedAtMs: 0 }));
      expect(await states('p2', worker({ requestId: 'request-2' }))).toEqual([{ ...range(0, 9), state: 'died' }]);
    });

    it('tell a process which notes it left itself, also when it notes the same batch twice', async () => {
      await begin('p1', note(0, 9));
      expect((await begin('p1', note(0, 9))).notes.map(({ state }) => state)).toEqual(['own']);
    });

    it('keep the first note of a batch that is noted again, so that its time still runs out', async () => {
      await begin('p1', note(0, 9), worker({ remainingMs: 0, arrivedAtMs: 0 }));
      await begin('p2', note(0, 9), worker({ requestId: 'request-2' }));
      expect((await begin('p3', note(0, 9), worker({ requestId: 'request-3' }))).notes).toEqual([
        expect.objectContaining({ ...range(0, 9), state: 'died' }),
      ]);
    });

    it('find what overlaps the batch, at either end or around it, and nothing beside it or in other shards', async () => {
      for (const [from, to] of [
        [0, 9],
        [10, 19],
        [15, 15],
        [19, 25],
        [5, 30],
        [20, 29],
      ] as const) {
        await begin('p1', note(from, to));
      }
      await begin('p1', note(12, 13), worker({ shardId: 'shardId-000000000001' }));
      const { notes } = await begin('p2', note(10, 19));
      expect(new Set(notes.map(({ first, last }) => `${first} ${last}`))).toEqual(
        new Set(
          [
            [10, 19],
            [15, 15],
            [19, 25],
            [5, 30],
          ].map(([from, to]) => `${sequenceNumber(from!)} ${sequenceNumber(to!)}`),
        ),
      );
    });

    it('put notes in the place of others, at once', async () => {
      await begin('p1', note(0, 9));
      await replace(
        'p1',
        [range(0, 9)],
        [note(4, 4, { crashes: 3, alone: true, eventId: 'e', verdict: 'v', state: 'suspect' }), note(5, 9)],
      );
      const { notes } = await begin('p2', note(0, 9));
      expect(notes).toHaveLength(2);
      expect(notes).toContainEqual({
        ...range(4, 4),
        crashes: 3,
        alone: true,
        eventId: 'e',
        verdict: 'v',
        state: 'suspect',
      });
      expect(notes).toContainEqual({
        ...range(5, 9),
        crashes: 0,
        alone: false,
        eventId: null,
        verdict: null,
        state: 'died',
      });
    });

    it('overwrite a note that is to go and to stay', async () => {
      await begin('p1', note(0, 9));
      await replace('p1', [range(0, 9)], [note(0, 9, { crashes: 1, eventId: 'e', state: 'suspect' })]);
      expect((await begin('p2', note(0, 9))).notes).toEqual([
        { ...range(0, 9), crashes: 1, alone: false, eventId: 'e', verdict: null, state: 'suspect' },
      ]);
      await replace('p2', [range(0, 9)], []);
      expect((await begin('p3', note(0, 9))).notes).toEqual([]);
    });

    it('know which records are in the quarantine because they kill the process', async () => {
      await world.quarantine(sequenceNumber(4), 'kills-function');
      await world.quarantine(sequenceNumber(5), 'schema');
      await world.quarantine(sequenceNumber(40), 'kills-function');
      expect((await begin('p1', note(0, 9))).quarantined).toEqual([sequenceNumber(4)]);
    });
  });
}
