import { beforeEach, describe, expect, it } from 'vitest';
import { ProcessMemory } from '../../../../processor/quarantine/process-memory.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { kinesisRecord } from '../../../support/kinesis-record.ts';

const A = 'shardId-000000000000';
const B = 'shardId-000000000001';
const STARTED_AT = 1_000_000;

let clock: FakeClock;
let memory: ProcessMemory;

beforeEach(() => {
  clock = new FakeClock({ nowMs: STARTED_AT });
  memory = new ProcessMemory(clock);
});

/** Records from one place in the shard to another, which arrived before the process started. */
function batch(from: number, to: number, arrivedAtMs = STARTED_AT - 1) {
  return Array.from({ length: to - from + 1 }, (_, n) => kinesisRecord({ data: '', index: from + n, arrivedAtMs }));
}

/** The first invocation, and so much time that another look is allowed. */
function survive(from: number, to: number, shardId = A): void {
  memory.look();
  memory.survive(shardId, batch(from, to));
  clock.advance(5_000);
}

describe('a batch is new to a process', () => {
  it('when it is the first one, whenever it arrived', () => {
    expect(memory.isNew(A, batch(0, 9, STARTED_AT + 1))).toBe(true);
  });

  it.each([
    ['of a shard that it has not seen', B, batch(100, 109), true],
    ['that follows what it has seen', A, batch(20, 29), false],
    ['from before what it has seen', A, batch(0, 9), true],
    ['that overlaps what it has seen, as batches of lanes do', A, batch(15, 25), true],
    ['that it has survived', A, batch(10, 19), false],
    ['of which it has survived the beginning too', A, batch(12, 19), false],
    ['that begins where one it has survived does, and ends before', A, batch(10, 18), true],
    ['that arrived when it was there already', B, batch(0, 9, STARTED_AT), false],
    ['that has no time of arrival', B, batch(0, 9, NaN), true],
  ])('or one %s', (_, shardId, records, isNew) => {
    survive(10, 19);
    expect(memory.isNew(shardId, records)).toBe(isNew);
  });

  it('only once in a while, because lanes overtake one another all the time', () => {
    survive(10, 19);
    memory.look();
    clock.advance(4_999);
    expect(memory.isNew(A, batch(0, 9))).toBe(false);
    clock.advance(1);
    expect(memory.isNew(A, batch(0, 9))).toBe(true);
  });

  it('when something was left to look at, until it has been', () => {
    survive(10, 19);
    memory.lookAgain();
    expect(memory.isNew(A, batch(20, 29))).toBe(true);
    memory.look();
    expect(memory.isNew(A, batch(20, 29))).toBe(false);
  });

  it('when it came last, and something of it was left to look at', () => {
    survive(0, 9);
    memory.lookAgain();
    memory.survive(A, batch(8, 19));
    memory.look();
    clock.advance(5_000);
    expect(memory.isNew(A, batch(8, 19))).toBe(true);
  });
});
