import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../../command-line/usage-error.ts';
import { readEventFile, type EventFile } from '../../../../local/input/read-event-file.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-file-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Reading extends Partial<Omit<EventFile, 'partitionKey'>> {
  readonly members?: string | undefined;
  readonly random?: boolean;
}

async function read(content: string | Uint8Array, { members, random = false, ...rest }: Reading = { members: 'id' }) {
  const path = join(folder, `${Math.random()}.json`);
  await writeFile(path, content);
  const { events } = await readEventFile({ path, format: 'json', ...rest, partitionKey: { members, random } });
  return [...events()].map(({ partitionKey, data }) => [partitionKey, Buffer.from(data).toString()]);
}

async function problemsOf(content: string | Uint8Array, reading?: Reading): Promise<readonly string[]> {
  const error: unknown = await read(content, reading).catch((it: unknown) => it);
  if (!(error instanceof UsageError)) throw new Error('expected a mistake', { cause: error });
  return error.problems.map((problem) => problem.replaceAll(/\S+0\.\d+\.json/g, 'FILE'));
}

const LINES = '{"id":"a","n":1}\n{"id":"b","n":2}\n';
const EVENTS = [
  ['a', '{"id":"a","n":1}'],
  ['b', '{"id":"b","n":2}'],
];

describe('a file of events', () => {
  it.each<[string, string | Uint8Array]>([
    ['one per line', LINES],
    ['with Windows line ends and blank lines', LINES.replaceAll('\n', '\r\n\r\n')],
    ['with a byte order mark', `\uFEFF${LINES}`],
    ['in UTF-16, little-endian', Buffer.from(`\uFEFF${LINES}`, 'utf16le')],
    ['in UTF-16, big-endian', Buffer.from(`\uFEFF${LINES}`, 'utf16le').swap16()],
    ['in a list', '[{"id":"a","n":1},{"id":"b","n":2}]'],
    ['in a list with an event per line', '[\n{"id":"a","n":1},\n{"id":"b","n":2}\n]\n'],
    ['in one list after the other', '[{"id":"a","n":1}]\n[{"id":"b","n":2}]'],
    ['one behind the other', '{"id":"a","n":1}{"id":"b","n":2}'],
    ['in gzip, whatever its name', gzipSync(LINES)],
    ['in gzip of two parts', Buffer.concat([gzipSync(LINES.slice(0, 17)), gzipSync(LINES.slice(17))])],
    ['in zlib', deflateSync(LINES)],
    ['in zlib at its weakest', deflateSync(LINES, { level: 1 })],
    ['in zstd', zstdCompressSync(LINES)],
  ])('may hold them %s', async (_how, content) => {
    expect(await read(content)).toEqual(EVENTS);
  });

  it('keeps an event that is spread over lines as it stands', async () => {
    const pretty = JSON.stringify({ id: 'a', text: 'braces } ] , and "quotes"', list: [{ x: [1, 2] }] }, null, 2);
    expect(await read(`${pretty}\n${pretty}\n`)).toEqual([
      ['a', pretty],
      ['a', pretty],
    ]);
    expect(await read(`[${pretty},\n${pretty}]`)).toEqual([
      ['a', pretty],
      ['a', pretty],
    ]);
  });

  it('is read whole when it is larger than a piece, and cut in the middle of letters', async () => {
    const lines = Array.from({ length: 9_000 }, (_, n) => JSON.stringify({ id: `é${n}`, text: '✓'.repeat(n % 7) }));
    expect(await read(lines.join('\n'))).toEqual(lines.map((line, n) => [`é${n}`, line]));
  });

  it('names what is no event with its line, up to ten of them, and what there is for other records', async () => {
    const [first, second, advice] = await problemsOf('{"id":1}\nnot "JSON\n{"id":2}\n[1,2]\n');
    expect(first).toBe('FILE line 2: expected a JSON object, got "not \\"JSON"');
    expect(second).toBe('FILE line 4: expected a JSON object, got "1"');
    expect(advice).toContain('line 4');
    expect(await problemsOf('x\n'.repeat(30))).toHaveLength(11);
  });

  it('names the place where an event begins that does not end', async () => {
    expect(await problemsOf('{"id":1}\n{"id":2\n{"id":3}\n')).toEqual([
      'FILE line 2: expected a JSON object, got "{\\"id\\":2\\n{\\"id\\":3}"',
      'for records that are not JSON objects there is `--input-format lines`',
    ]);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ['a spreadsheet', Buffer.from('504b030414000600', 'hex'), /is a zip archive or a spreadsheet; unpack it/],
    ['Parquet', 'PAR1....', /is a Parquet file; convert it/],
    ['bzip2', 'BZh91AY&SY', /bunzip2/],
    ['bytes', Buffer.from([1, 2, 0, 200, 255]), /is not text in UTF-8 or UTF-16/],
    ['text of another encoding', Buffer.from('{"id":"caf\xe9"}', 'latin1'), /is not text in UTF-8 or UTF-16/],
    ['half of a gzip file', gzipSync(LINES).subarray(0, 20), /can't be read: unexpected end of file/],
    ['nothing', '', /holds no events/],
  ])('that is %s gets one line with the way out', async (_what, content, problem) => {
    const problems = await problemsOf(content);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  it('that is not there is told as one line', async () => {
    const file = {
      path: join(folder, 'none'),
      format: 'json',
      partitionKey: { members: 'id', random: false },
    } as const;
    await expect(readEventFile(file)).rejects.toThrow(/`--input` can't be read: ENOENT/);
  });
});

describe('a partition key', () => {
  it.each([
    ['text', '"k"', 'k'],
    ['a number', '7', '7'],
    ['a number beyond 2^53', '12345678901234567890', '12345678901234567890'],
  ])('may be %s, and keeps all its digits', async (_kind, key, expected) => {
    expect(await read(`{"id":${key}}`)).toEqual([[expected, `{"id":${key}}`]]);
  });

  it.each([
    ['data.object.customer', '{"data":{"object":{"customer":"c"}}}'],
    ['data.object.customer', '{"data.object.customer":"c","data":{"object":{"customer":"d"}}}'],
    ['data.object.customer', '{"data.object":{"customer":"c"},"data":{"object":{"customer":"d"}}}'],
    ['data.object.customer', '{"data":{"object":7},"data.object":{"customer":"c"}}'],
    ['items.1.sku', '{"items":[{"sku":"b"},{"sku":"c"}]}'],
    ['id,account', '{"account":"c"}'],
    ['id, account', '{"id":null,"account":"c"}'],
    ['id,account', '{"id,account":"c","id":"d"}'],
  ])('may be at %s in %s', async (members, event) => {
    expect(await read(event, { members })).toEqual([['c', event]]);
  });

  it('is never found in what every object has', async () => {
    expect(await problemsOf('{"a":1}', { members: 'constructor.name' })).toHaveLength(2);
  });

  it('that is missing is told for each event, with the ways out once', async () => {
    expect(await problemsOf('{"id":null}\n{"id":true}\n{"x":1}\n')).toEqual([
      'FILE line 1: `id` must be text of 1 to 256 characters or a number, got null',
      'FILE line 2: `id` must be text of 1 to 256 characters or a number, got true',
      'FILE line 3: `id` must be text of 1 to 256 characters or a number, got nothing',
      'for events without `id`: name more members, as in `--partition-key id,OTHER`, or add `--random-key`',
    ]);
  });

  it('may be random where there is none', async () => {
    const keys = (await read('{"id":"a"}\n{"x":1}\n{"x":2}', { members: 'id', random: true })).map(([key]) => key);
    expect(keys[0]).toBe('a');
    expect(new Set(keys).size).toBe(3);
  });

  it('that nobody named is asked for with the members that there are', async () => {
    expect(await problemsOf('{"id":1,"shop":{}}\n{"a":1}', {})).toEqual([
      'missing `--partition-key FIELD`: which member of an event is its partition key? the first event has id, shop',
    ]);
  });
});

describe('captured records', () => {
  const data = Buffer.from([0x1f, 0x8b, 0, 255]);

  it.each([
    [
      'an answer of GetRecords',
      { Records: [{ SequenceNumber: '1', Data: data.toString('base64'), PartitionKey: 'k' }] },
    ],
    [
      'an event of Lambda',
      { Records: [{ eventSource: 'aws:kinesis', kinesis: { data: data.toString('base64'), partitionKey: 'k' } }] },
    ],
  ])('in %s keep their bytes and partition keys', async (_what, document) => {
    const path = join(folder, 'captured.json');
    await writeFile(path, JSON.stringify(document, null, 2));
    const partitionKey = { members: undefined, random: false };
    const { events } = await readEventFile({ path, format: 'json', partitionKey });
    expect([...events()]).toEqual([{ partitionKey: 'k', data }]);
  });

  it('are not what other events call records', async () => {
    const event = '{"id":"a","Records":[{"eventName":"ObjectCreated:Put"}]}';
    expect(await read(event)).toEqual([['a', event]]);
  });
});

describe('lines as they stand', () => {
  it('are records whatever they hold, with a key of their own where they have none', async () => {
    const text = '[1,2]\r\n\n  <xml/> \n{"id":"a"}';
    const events = await read(text, { format: 'lines', members: 'id', random: true });
    expect(events.map(([, line]) => line)).toEqual(['[1,2]', '  <xml/> ', '{"id":"a"}']);
    expect(events[2]?.[0]).toBe('a');
  });

  it('need to be told where their keys come from', async () => {
    expect(await problemsOf('<xml/>', { format: 'lines' })).toEqual([
      'missing `--partition-key FIELD` or `--random-key`: where do partition keys come from?',
    ]);
    expect((await problemsOf('<xml/>', { format: 'lines', members: 'id' }))[0]).toContain('line 1: `id` must be');
  });
});

describe('events in the list of a document', () => {
  const reading = { members: 'id', enclosedIn: 'events' };

  it('are read with their digits, beside documents that are events themselves', async () => {
    expect(
      await read('{"next":1,"events":[{"id":"a","n":1.10},{"id":9007199254740993}]}\n{"id":"c"}', reading),
    ).toEqual([
      ['a', '{"id":"a","n":1.10}'],
      ['9007199254740993', '{"id":9007199254740993}'],
      ['c', '{"id":"c"}'],
    ]);
  });

  it('are one event where nobody said that they are in a list', async () => {
    expect(await read('{"id":"a","events":[{"id":"b"}]}')).toEqual([['a', '{"id":"a","events":[{"id":"b"}]}']]);
  });

  it('are told of by the line of the document, where one lacks its key', async () => {
    expect(await problemsOf('{"events":[{"id":"a"},{"n":1}]}', reading)).toContainEqual(
      'FILE line 1: `id` must be text of 1 to 256 characters or a number, got nothing',
    );
  });
});
