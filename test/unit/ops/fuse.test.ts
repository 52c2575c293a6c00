import { describe, expect, it } from 'vitest';
import type { HeldBuild } from '../../../ops/fuse/held-builds.ts';
import { describeHeldBuilds } from '../../../ops/fuse/run-fuse.ts';

const HELD: HeldBuild = {
  functionName: 'payments',
  build: '48687ca53bbe5644',
  heldSince: '2026-11-26T07:00:00.000Z',
  isBlown: true,
  rejected: 180,
  events: 200,
  reason: 'schema',
  detail: 'cents: expected a number,\n  received nothing',
  shardId: 'shardId-000000000001',
  sequenceNumber: '4965',
  buildThatWrites: null,
};

describe('what the fuse command says', () => {
  it('is that nothing is held, when nothing is', () => {
    expect(describeHeldBuilds([], false)).toEqual(['No build is held.']);
    expect(describeHeldBuilds([], true)).toEqual(['No build is held.']);
  });

  it('is which build is held since when, how much of what, with an example, and what can be done', () => {
    expect(describeHeldBuilds([HELD], false)).toEqual([
      'payments, build 48687ca53bbe5644: held since 2026-11-26T07:00:00.000Z, fuse blown',
      '  180 of 200 events would be quarantined, from shardId-000000000001 4965 on',
      '  for example schema: cents: expected a number, received nothing',
      'Roll back, or deploy a build that accepts these events. If they really are bad, add --allow to quarantine them.',
    ]);
  });

  it('tells a build that waits for more events, and one that others have overtaken', () => {
    const waiting = describeHeldBuilds([{ ...HELD, isBlown: false }], false);
    expect(waiting[0]).toContain('too few events seen to tell');
    expect(describeHeldBuilds([{ ...HELD, buildThatWrites: HELD.build }], false)).toContain(
      '  this build has written events since',
    );
    expect(describeHeldBuilds([{ ...HELD, buildThatWrites: 'another' }], false)).toContain(
      '  build another has written events since',
    );
  });

  it('is what happens next, once it is allowed', () => {
    expect(describeHeldBuilds([HELD], true).at(-1)).toMatch(/may now be quarantined/);
  });
});
