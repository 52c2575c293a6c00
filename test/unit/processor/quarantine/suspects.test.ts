import { describe, expect, it } from 'vitest';
import type { FoundNote } from '../../../../processor/ports.ts';
import { assess } from '../../../../processor/quarantine/suspects.ts';
import { kinesisRecord, sequenceNumber } from '../../../support/kinesis-record.ts';

/** The records of one of two lanes: the places 10, 12, 14 … 28. */
const RECORDS = Array.from({ length: 10 }, (_, n) => kinesisRecord({ data: '', index: 10 + 2 * n }));

function note(from: number, to: number, rest: Partial<FoundNote> = {}): FoundNote {
  const [first, last] = [sequenceNumber(from), sequenceNumber(to)];
  return { first, last, crashes: 0, alone: false, eventId: null, verdict: null, state: 'died', ...rest };
}

function assessed(...notes: readonly FoundNote[]) {
  return assess(RECORDS, { notes, quarantined: [] });
}

describe('notes about a batch', () => {
  it.each([
    ['whole', note(10, 28), { from: 0, to: 10 }],
    ['and what came before it, which is done', note(2, 28), { from: 0, to: 10 }],
    ['and what comes after it, as when a batch was cut in two', note(10, 60), { from: 0, to: 10 }],
    ['in part', note(14, 20), { from: 2, to: 6 }],
    ['in one record', note(28, 28), { from: 9, to: 10 }],
  ])('%s name the suspects', (_, found, suspect) => {
    expect(assessed(found).suspect).toEqual({ ...suspect, crashes: 1, eventId: null });
  });

  it.each([
    ['another lane, in the same stretch', note(11, 27)],
    ['a process that may be at work', note(10, 28, { state: 'at-work' })],
  ])('of %s are left alone', (_, found) => {
    expect(assessed(found)).toMatchObject({ suspect: undefined, notes: [], crashes: [] });
  });

  it('that the process left itself are no death, and are to go', () => {
    const own = note(10, 28, { state: 'own' });
    expect(assessed(own)).toMatchObject({ suspect: undefined, notes: [own], crashes: [] });
  });

  it('count a death once', () => {
    expect(assessed(note(10, 28, { crashes: 1, state: 'suspect' })).suspect?.crashes).toBe(1);
    expect(assessed(note(10, 28, { crashes: 1 })).suspect?.crashes).toBe(2);
  });

  it('of a piece say more than those of the whole', () => {
    const { suspect, notes } = assessed(note(10, 28, { crashes: 1 }), note(14, 20, { crashes: 2 }));
    expect(suspect).toMatchObject({ from: 2, to: 6, crashes: 3 });
    expect(notes).toHaveLength(2);
  });
});

describe('a record', () => {
  it.each([
    ['alone, at the third death', { alone: true, crashes: 2 }, true],
    ['alone, at the second death', { alone: true, crashes: 1 }, false],
    ['beside others, however often', { alone: false, crashes: 9 }, false],
    ['alone three times, by somebody who counted', { alone: true, crashes: 3, state: 'suspect' as const }, true],
  ])('is condemned: %s', (_, rest, isCondemned) => {
    const { condemned, suspect, verdicts } = assessed(note(14, 14, rest));
    expect([...condemned.keys()]).toEqual(isCondemned ? [2] : []);
    expect(verdicts).toHaveLength(isCondemned ? 1 : 0);
    expect(suspect === undefined).toBe(isCondemned);
  });

  it('keeps its verdict and the id of its event', () => {
    const found = note(14, 14, { verdict: 'because', eventId: 'e', state: 'suspect' });
    const { condemned, verdicts, crashes } = assessed(found);
    expect([...condemned]).toEqual([[2, { detail: 'because', eventId: 'e' }]]);
    expect(verdicts).toEqual([found]);
    expect(crashes).toEqual([]);
  });

  it('is told of with how it died: before it was decoded or after', () => {
    const details = [null, 'e'].map((eventId) => {
      const { condemned } = assessed(note(14, 14, { alone: true, crashes: 2, eventId }));
      return condemned.get(2)?.detail;
    });
    expect(details[0]).toContain('before it was decoded');
    expect(details[1]).toContain('after it was decoded');
  });

  it('that is in the quarantine already is condemned without a note', () => {
    const found = assess(RECORDS, { notes: [], quarantined: [sequenceNumber(14), sequenceNumber(15)] });
    expect([...found.condemned.keys()]).toEqual([2]);
    expect(found.verdicts).toEqual([]);
  });

  it('is found, a range is only searched', () => {
    expect(assessed(note(14, 14, { alone: true, crashes: 2 }), note(10, 28)).crashes).toEqual([
      { first: sequenceNumber(14), last: sequenceNumber(14), records: 1, crashes: 3, isFound: true },
      { first: sequenceNumber(10), last: sequenceNumber(28), records: 10, crashes: 1, isFound: false },
    ]);
  });
});
