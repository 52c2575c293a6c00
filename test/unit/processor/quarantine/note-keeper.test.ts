import { beforeEach, describe, expect, it } from 'vitest';
import type { InFlightNote, InFlightNotes } from '../../../../processor/ports.ts';
import { NoteKeeper } from '../../../../processor/quarantine/note-keeper.ts';
import { databaseError } from '../../../support/database-error.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeInFlightNotes } from '../../../support/fake-in-flight-notes.ts';
import { sequenceNumber, SHARD_ID } from '../../../support/kinesis-record.ts';

let notes: FakeInFlightNotes;
/** Calls whose answer is lost: what they do is done. */
let lost: number;
let keeper: NoteKeeper;

function note(from: number, to: number): InFlightNote {
  const [first, last] = [sequenceNumber(from), sequenceNumber(to)];
  return { first, last, crashes: 0, alone: false, eventId: null, verdict: null, state: 'at-work' };
}

beforeEach(() => {
  const clock = new FakeClock();
  notes = new FakeInFlightNotes(() => clock.now());
  lost = 0;
  const process = notes.of('p1');
  const answering = async <T>(call: Promise<T>): Promise<T> => {
    const answer = await call;
    if (lost-- > 0) throw databaseError('unknown');
    return answer;
  };
  const port: InFlightNotes = {
    begin: (...call) => answering(process.begin(...call)),
    replace: (...call) => answering(process.replace(...call)),
  };
  const worker = () => ({ shardId: SHARD_ID, requestId: 'r1', remainingMs: 60_000, arrivedAtMs: 0 });
  keeper = new NoteKeeper(port, worker, { clock, budgetMs: clock.budget(1_000), tally: { calls: 0, errors: 0 } });
});

describe('a keeper of notes', () => {
  it('has nothing to say when there is nothing to note and nothing to take away', async () => {
    lost = 1;
    await expect(keeper.replace([])).resolves.toBeUndefined();
  });

  it('takes away the note of the batch, and those it found', async () => {
    await notes
      .of('p0')
      .begin(note(3, 5), { shardId: SHARD_ID, requestId: 'r1', remainingMs: 0, arrivedAtMs: 0 }, { timeoutMs: 1 });
    const { notes: found } = await keeper.begin(note(0, 9));
    keeper.adopt(found);
    await keeper.replace([]);
    expect(notes.rows.size).toBe(0);
    expect(keeper.isEmpty).toBe(true);
  });

  it('takes away what a call noted whose answer was lost', async () => {
    await keeper.begin(note(0, 9));
    lost = 100;
    await expect(keeper.replace([note(0, 4)])).rejects.toMatchObject({ name: 'HoldError', reason: 'transient' });
    expect(keeper.isEmpty).toBe(false);
    lost = 0;
    await keeper.replace([], () => 1_000);
    expect(notes.rows.size).toBe(0);
  });

  it('holds the position where the database refuses a note', async () => {
    const refusing: InFlightNotes = {
      begin: () => Promise.reject(databaseError('rejection', '22003')),
      replace: () => Promise.resolve(),
    };
    const clock = new FakeClock();
    const calls = { clock, budgetMs: () => 1_000, tally: { calls: 0, errors: 0 } };
    const worker = () => ({ shardId: SHARD_ID, requestId: 'r1', remainingMs: 60_000, arrivedAtMs: 0 });
    await expect(new NoteKeeper(refusing, worker, calls).begin(note(0, 9))).rejects.toMatchObject({
      name: 'HoldError',
      reason: 'configuration',
    });
  });

  it('knows whether a range is all that is noted', async () => {
    expect(keeper.hasOnly(note(0, 9))).toBe(false);
    await keeper.begin(note(0, 9));
    expect([keeper.hasOnly(note(0, 9)), keeper.hasOnly(note(0, 8))]).toEqual([true, false]);
    keeper.adopt([note(2, 3)]);
    expect(keeper.hasOnly(note(0, 9))).toBe(false);
  });
});
