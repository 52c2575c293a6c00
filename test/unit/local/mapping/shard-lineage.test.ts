import { describe, expect, it } from 'vitest';
import { shardsToBegin } from '../../../../local/mapping/shard-lineage.ts';

const PARENT = { shardId: 'parent', parentShardIds: [] };
const LEFT = { shardId: 'left', parentShardIds: ['parent'] };
const RIGHT = { shardId: 'right', parentShardIds: ['parent'] };
const MERGED = { shardId: 'merged', parentShardIds: ['left', 'right'] };
const SHARDS = [PARENT, LEFT, RIGHT, MERGED];

describe('shards whose turn it is', () => {
  it.each([
    { what: 'at first only the parent', begun: [], finished: [], turn: ['parent'] },
    { what: 'nothing while the parent is read', begun: ['parent'], finished: [], turn: [] },
    {
      what: 'both children of a finished parent',
      begun: ['parent'],
      finished: ['parent'],
      turn: ['left', 'right'],
    },
    {
      what: 'no merged child while one parent is open',
      begun: ['parent', 'left', 'right'],
      finished: ['parent', 'left'],
      turn: [],
    },
    {
      what: 'the merged child after both',
      begun: ['parent', 'left', 'right'],
      finished: ['parent', 'left', 'right'],
      turn: ['merged'],
    },
  ])('$what', ({ begun, finished, turn }) => {
    const begin = shardsToBegin(SHARDS, new Set(begun), new Set(finished));
    expect(begin.map(({ shardId }) => shardId)).toEqual(turn);
  });

  it('waits for no parent that has been trimmed from the stream', () => {
    expect(shardsToBegin([MERGED], new Set(), new Set())).toEqual([MERGED]);
  });
});
