import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Player, readRecording } from '../../../../local/page/replay.ts';
import { snapshot } from '../../../support/page-snapshot.ts';

const recording = [0, 1, 2, 3, 4].map((second) => snapshot({ atMs: 1_000_000 + 1000 * second }));
const times = (snapshots: readonly { readonly atMs: number }[]): readonly number[] =>
  snapshots.map(({ atMs }) => (atMs - 1_000_000) / 1000);

describe('a recording', () => {
  it('goes on as fast as it was taken, and ends', () => {
    const player = new Player(recording);
    expect(times([player.current])).toEqual([0]);
    expect(times(player.advance(1000))).toEqual([1]);
    expect(times(player.advance(500))).toEqual([]);
    expect(times(player.advance(60_000))).toEqual([2, 3, 4]);
    expect(times(player.advance(60_000))).toEqual([]);
  });

  it('can go faster, and stand still', () => {
    const player = new Player(recording);
    player.act('play', { speed: 3 });
    expect(times(player.advance(1000))).toEqual([1, 2, 3]);
    player.act('pause', {});
    expect(times(player.advance(1000))).toEqual([]);
  });

  it('can go back: what comes before that moment is shown again, for the charts', () => {
    const player = new Player(recording);
    player.advance(60_000);
    player.act('pause', {});
    player.act('seek', { second: 2 });
    expect(times(player.advance(1000))).toEqual([0, 1, 2]);
    expect(times([player.current])).toEqual([2]);
  });
});

describe('the file of a recording', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'replay-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const read = async (text: string) => {
    const path = join(folder, 'recording.ndjson');
    await writeFile(path, text);
    return readRecording(path, '--replay');
  };

  it('has a snapshot a line', async () => {
    const lines = recording.map((each) => JSON.stringify(each));
    expect(await read(`${lines.join('\n')}\n`)).toEqual(recording);
  });

  it('may end in half a line, as it does when a run is killed', async () => {
    expect(await read(`${JSON.stringify(snapshot())}\n{"atMs":`)).toEqual([snapshot()]);
  });

  it.each([
    ['', 'it is empty'],
    ['{"a":1}\n', 'line 1 is no snapshot'],
    [`${JSON.stringify(snapshot())}\n{"atMs":\n{}`, 'line 2 is no snapshot'],
    ['null\n', 'line 1 is no snapshot'],
  ])('is refused with the reason: %j', async (text, reason) => {
    await expect(read(text)).rejects.toThrow(reason);
  });

  it('that is not there is refused', async () => {
    await expect(readRecording(join(folder, 'none'), '--replay')).rejects.toThrow('no such file');
  });
});
