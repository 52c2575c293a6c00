import { describe, expect, it } from 'vitest';
import type { CommittedBatch, FuseMemory, HeldBuild, HeldPosition } from '../../../processor/ports.ts';

/** A write of a batch. */
export interface Commit extends CommittedBatch {
  /** First record of the batch. */
  readonly batchSequenceNumber: string;
  /** When the newest record of the write arrived, milliseconds since 1970. */
  readonly newestArrivalMs: number;
}

/** A place where notes and writes are kept, new for each test. */
export interface OpenFuseMemory {
  /** The memory of a build, as each environment that runs it has one. */
  readonly ofBuild: (codeVersion: string) => FuseMemory;
  /** A write of the build is committed. */
  readonly commit: (codeVersion: string, write: Commit) => Promise<void>;
  /** An operator lets everything that has arrived until now into the quarantine; resolves to that moment. */
  readonly allow: (codeVersion: string) => Promise<number>;
}

const OPTIONS = { timeoutMs: 5_000 };

function held(rest: Partial<HeldBuild> = {}): Omit<HeldBuild, 'since'> & HeldPosition {
  return {
    isBlown: false,
    rejected: 3,
    events: 4,
    example: { reason: 'schema', detail: 'cents: "ü\0\uD800" is no number', sqlState: undefined },
    shardId: 'shardId-000000000001',
    sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
    ...rest,
  };
}

const counts = (events: number, quarantined: number, taken = events - quarantined): CommittedBatch => ({
  events,
  quarantined,
  taken,
});

/** A write of a batch, by the number of its first record. */
const write = (batch: number, of: CommittedBatch, newestArrivalMs = 1_000): Commit => ({
  ...of,
  batchSequenceNumber: String(batch),
  newestArrivalMs,
});

/**
 * What every implementation of the fuse's memory must do.
 *
 * @param open makes an empty one
 */
export function describeFuseMemory(open: () => Promise<OpenFuseMemory>): void {
  describe('a build that nothing is known of', () => {
    it('has no history', async () => {
      const { ofBuild } = await open();
      expect(await ofBuild('a').read(20, OPTIONS)).toEqual({ held: undefined, allowedUntilMs: undefined, recent: [] });
    });
  });

  describe('the batches of a build', () => {
    it('are remembered newest first, apart from those of other builds', async () => {
      const { ofBuild, commit } = await open();
      await commit('a', write(7, counts(10, 1)));
      await commit('b', write(8, counts(5, 5)));
      await commit('a', write(3, counts(20, 2, 7), 900));
      expect((await ofBuild('a').read(20, OPTIONS)).recent).toEqual([counts(20, 2, 7), counts(10, 1)]);
      expect((await ofBuild('b').read(20, OPTIONS)).recent).toEqual([counts(5, 5)]);
    });

    it('are those of as many writes as are asked for, and of at least twenty', async () => {
      const { ofBuild, commit } = await open();
      for (let n = 1; n <= 25; n += 1) await commit('a', write(n, counts(n, 0)));
      expect((await ofBuild('a').read(22, OPTIONS)).recent.map(({ events }) => events)).toEqual(
        Array.from({ length: 22 }, (_, n) => 25 - n),
      );
      expect((await ofBuild('a').read(1, OPTIONS)).recent).toHaveLength(20);
    });

    it('are whole, however many writes they took and whatever other lanes and builds have written in between', async () => {
      const { ofBuild, commit } = await open();
      for (let n = 1; n <= 30; n += 1) {
        await commit('a', write(1, counts(2, 0)));
        await commit('b', write(1, counts(1, 1)));
        if (n % 10 === 0) await commit('a', write(2, counts(3, 1)));
      }
      await commit('a', write(1, counts(9, 9)));
      expect((await ofBuild('a').read(20, OPTIONS)).recent).toEqual([counts(69, 9), counts(9, 3)]);
    });
  });

  describe('the note of a held build', () => {
    it('is there for every environment of that build, and for no other build', async () => {
      const { ofBuild } = await open();
      const noted = await ofBuild('a').hold(held(), OPTIONS);
      expect(noted).toMatchObject({ isBlown: false, rejected: 3, events: 4, example: { reason: 'schema' } });
      expect(Number.isNaN(Date.parse(noted.since))).toBe(false);
      expect((await ofBuild('a').read(20, OPTIONS)).held).toEqual(noted);
      expect((await ofBuild('b').read(20, OPTIONS)).held).toBeUndefined();
    });

    it('stays as it was first, until the fuse blows', async () => {
      const { ofBuild } = await open();
      const memory = ofBuild('a');
      const first = await memory.hold(held(), OPTIONS);
      expect(await memory.hold(held({ rejected: 1, events: 1 }), OPTIONS)).toEqual(first);
      const example = { reason: 'database', detail: 'no', sqlState: '23502' } as const;
      const blown = await memory.hold(held({ isBlown: true, rejected: 20, events: 20, example }), OPTIONS);
      expect(blown).toEqual({ isBlown: true, rejected: 20, events: 20, example, since: first.since });
      expect(await memory.hold(held({ isBlown: true, rejected: 9 }), OPTIONS)).toEqual(blown);
      expect(await memory.hold(held(), OPTIONS)).toEqual(blown);
    });

    it('is forgotten when the build turns out well, but not once the fuse has blown', async () => {
      const { ofBuild } = await open();
      const memory = ofBuild('a');
      await memory.hold(held(), OPTIONS);
      await memory.release(OPTIONS);
      expect((await memory.read(20, OPTIONS)).held).toBeUndefined();
      const blown = await memory.hold(held({ isBlown: true }), OPTIONS);
      await memory.release(OPTIONS);
      expect((await memory.read(20, OPTIONS)).held).toEqual(blown);
    });
  });

  describe("an operator's word", () => {
    it('ends what was held, and leaves out of the history what had arrived until then', async () => {
      const { ofBuild, commit, allow } = await open();
      const memory = ofBuild('a');
      await memory.hold(held({ isBlown: true }), OPTIONS);
      const allowedAtMs = await allow('a');
      await commit('a', write(1, counts(30, 30), allowedAtMs - 1));
      await commit('a', write(2, counts(5, 0), allowedAtMs + 1));
      const { allowedUntilMs, ...rest } = await memory.read(20, OPTIONS);
      expect(rest).toEqual({ held: undefined, recent: [counts(5, 0)] });
      expect(allowedUntilMs).toBeCloseTo(allowedAtMs, 0);
    });

    it('does not cover what is held later, and stays on record when that is over', async () => {
      const { ofBuild, allow } = await open();
      const memory = ofBuild('a');
      await memory.hold(held({ isBlown: true }), OPTIONS);
      await allow('a');
      const again = await memory.hold(held({ rejected: 1, events: 1 }), OPTIONS);
      expect(again).toMatchObject({ isBlown: false, rejected: 1, events: 1 });
      expect(await memory.read(20, OPTIONS)).toMatchObject({ held: again });
      await memory.release(OPTIONS);
      expect(await memory.read(20, OPTIONS)).toMatchObject({
        held: undefined,
        allowedUntilMs: expect.any(Number) as number,
      });
    });
  });
}
