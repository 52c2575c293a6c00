import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Decoder } from '../../../../processor/decode/decoders.ts';
import { cloudWatchLogs, custom, json, jsonArray, ndjson } from '../../../../processor/decode/decoders.ts';
import { decodeRecords } from '../../../../processor/decode/decode-records.ts';
import type { DecodedItem } from '../../../../processor/decode/item.ts';
import { payloadBytes, placeOf } from '../../../../processor/decode/item.ts';
import { positionOf } from '../../../../processor/decode/place.ts';
import { aggregate } from '../../../support/aggregate.ts';
import { kinesisRecord, sequenceNumber } from '../../../support/kinesis-record.ts';

const idOf = (event: unknown) => (event as { readonly id: string }).id;

function decode(decoder: Decoder, data: unknown, schema: z.ZodType = z.looseObject({ id: z.string() })) {
  return decodeRecords([kinesisRecord({ data })], { decode: decoder, schema, eventId: idOf });
}

/** The id of an event, or what became of it. */
function outcome(item: DecodedItem): string {
  if (item.kind === 'event') return item.eventId;
  return item.kind === 'skip' ? `skip ${item.reason}` : `${item.reason}: ${item.detail}`;
}

async function outcomes(decoder: Decoder, data: unknown): Promise<string[]> {
  return (await decode(decoder, data)).map(outcome);
}

const NO_DOCUMENTS = ['skip no-documents'];

describe('ndjson', () => {
  it.each([
    ['lines', '{"id":"a"}\n{"id":"b"}\n'],
    ['a last line without its end', '{"id":"a"}\n{"id":"b"}'],
    ['lines of Windows, and blank ones', '\uFEFF{"id":"a"}\r\n\r\n  \n{"id":"b"}\r\n'],
    ['objects behind each other', '{"id":"a"}{"id":"b"}'],
    ['objects with blanks in between', '{"id":"a"} \t {"id":"b"}'],
    ['objects with brackets in their texts', '{"id":"a","t":"}{\\"}{"} {"id":"b"}'],
  ])('takes %s', async (_what, text) => {
    expect(await outcomes(ndjson(), text)).toEqual(['a', 'b']);
    expect(await outcomes(ndjson(), zlib.zstdCompressSync(text))).toEqual(['a', 'b']);
  });

  it('rejects a bad line alone, with its own bytes and number', async () => {
    const bad = Buffer.from([0xff, 0xfe]);
    const data = Buffer.concat([Buffer.from('{"id":"a"}\nno json\n'), bad, Buffer.from('\n{"id":5}\n{"id":"e"}\n')]);
    const items = await decode(ndjson(), data);
    expect(items.map((item) => outcome(item).split(':')[0])).toEqual(['a', 'not-json', 'not-utf8', 'schema', 'e']);
    expect(items.map(({ origin }) => origin.subSequenceNumber)).toEqual([0, 1, 2, 3, 4]);
    expect(items.slice(1, 4).map(({ origin }) => payloadBytes(origin).toString('hex'))).toEqual([
      Buffer.from('no json').toString('hex'),
      'fffe',
      Buffer.from('{"id":5}').toString('hex'),
    ]);
  });

  it('keeps a record of one line as it is', async () => {
    const data = zlib.gzipSync('{"id":5}\n');
    const [item] = await decode(ndjson(), data);
    expect(payloadBytes(item!.origin)).toEqual(data);
  });

  it('skips a record without a document', async () => {
    expect(await outcomes(ndjson(), '\n \r\n')).toEqual(NO_DOCUMENTS);
    expect(await outcomes(ndjson(), '')).toEqual(NO_DOCUMENTS);
  });

  it('gives each document of an aggregate a number and a position of its own, in the order of the stream', async () => {
    const lines = '{"id":"a"}\n{"id":"b"}\n';
    const data = aggregate([0, 1, 2].map((n) => ({ partitionKey: `k${n}`, data: lines })));
    const items = await decode(ndjson(), data);
    expect(items.map(({ origin }) => origin.partitionKey)).toEqual(['k0', 'k0', 'k1', 'k1', 'k2', 'k2']);
    expect(new Set(items.map(({ origin }) => origin.subSequenceNumber)).size).toBe(6);
    const positions = items.map(({ origin }) => BigInt(positionOf(placeOf(origin))));
    expect(positions.every((position, n) => n === 0 || position > positions[n - 1]!)).toBe(true);
    // A sub-record has the number that it has with one document.
    expect(items.filter((_, n) => n % 2 === 0).map(({ origin }) => origin.subSequenceNumber)).toEqual([0, 1, 2]);
  });

  it('rejects a record of more documents than can be numbered', async () => {
    const lines = (count: number) => '0\n'.repeat(count);
    expect(await outcomes(ndjson(), lines(100_001))).toEqual([
      'too-large: expected at most 100000 documents, got 100001',
    ]);
    const sub = (count: number) => aggregate([{ partitionKey: 'k', data: lines(count) }]);
    expect(await outcomes(ndjson(), sub(16_385))).toEqual(['too-large: expected at most 16384 documents, got 16385']);
    expect(await outcomes(ndjson(), sub(16_384))).toHaveLength(16_384);
  });
});

describe('jsonArray', () => {
  it.each([
    ['a list', '[{"id":"a"},{"id":"b"}]'],
    ['a list over several lines', '\uFEFF[\n  { "id": "a", "list": [1, [2], "]"] },\n  { "id": "b" }\n]\n'],
  ])('takes %s', async (_what, text) => {
    expect(await outcomes(jsonArray(), text)).toEqual(['a', 'b']);
  });

  it('takes lists of lists, each of which is a document again when it is decoded alone', async () => {
    const lists = z.array(z.int());
    const items = await decode(jsonArray(), '[[1,2],[],["x"]]', lists);
    expect(items.map((item) => (item.kind === 'event' ? item.event : outcome(item).split(':')[0]))).toEqual([
      [1, 2],
      [],
      'schema',
    ]);
    for (const [index, { origin }] of items.slice(0, 2).entries()) {
      const [again] = await decode(jsonArray(), payloadBytes(origin), lists);
      expect(again).toMatchObject({ event: [[1, 2], []][index] });
    }
  });

  it('takes a document by itself', async () => {
    expect(await outcomes(jsonArray(), '{"id":"a"}')).toEqual(['a']);
  });

  it('rejects a bad element alone, with its own bytes', async () => {
    const items = await decode(jsonArray(), '[{"id":"a"}, {"id":5} ,{"id":,}, {"id":"d"},[1,2],]');
    expect(items.map((item) => outcome(item).split(':')[0])).toEqual([
      'a',
      'schema',
      'not-json',
      'd',
      'schema',
      'not-json',
    ]);
    expect(items.map(({ origin }) => payloadBytes(origin).toString())).toEqual([
      '{"id":"a"}',
      '{"id":5}',
      '{"id":,}',
      '{"id":"d"}',
      '[[1,2]]',
      '',
    ]);
  });

  it('rejects what is no list as a whole', async () => {
    expect(await outcomes(jsonArray(), '[{"id":"a"}')).toEqual([
      'not-json: expected a list of documents, got one that does not end',
    ]);
    expect(await outcomes(jsonArray(), '[{"id":"a"}] []')).toEqual([
      'not-json: expected one list of documents, got something behind it',
    ]);
  });

  it('skips an empty list', async () => {
    expect(await outcomes(jsonArray(), ' [ ] ')).toEqual(NO_DOCUMENTS);
  });
});

describe('cloudWatchLogs', () => {
  const group = { owner: '123456789012', logGroup: 'api', logStream: 's1', subscriptionFilters: ['all'] };
  const events = [
    { id: '1', timestamp: 1_700_000_000_000, message: 'started' },
    { id: '2', timestamp: 1_700_000_000_001, message: '{"level":"info"}', extractedFields: { level: 'info' } },
  ];
  const message = { messageType: 'DATA_MESSAGE', ...group, logEvents: events };

  it('gives each log event with where it is from', async () => {
    const items = await decode(cloudWatchLogs(), zlib.gzipSync(JSON.stringify(message)));
    expect(items.map((item) => item.kind === 'event' && item.event)).toEqual(
      events.map((event) => ({ ...group, ...event })),
    );
  });

  it('rejects a log event alone, with bytes that decode to it', async () => {
    const logEvents = [events[0], { ...events[1], id: 5, large: 1n }, null];
    const text = JSON.stringify({ ...message, logEvents }, (_, v: unknown) => (typeof v === 'bigint' ? 0 : v));
    const items = await decode(cloudWatchLogs(), text.replace('"large":0', '"large":9007199254740993'));
    expect(items.map((item) => outcome(item).split(':')[0])).toEqual(['1', 'schema', 'schema']);
    const again = await decode(cloudWatchLogs(), payloadBytes(items[1]!.origin), z.looseObject({ id: z.int() }));
    expect(again.map((item) => item.kind === 'event' && item.event)).toEqual([
      { ...group, ...events[1], id: 5, large: 9_007_199_254_740_993n },
    ]);
  });

  it('skips control messages and messages without events', async () => {
    const control = { ...message, messageType: 'CONTROL_MESSAGE', logEvents: [] };
    expect(await outcomes(cloudWatchLogs(), control)).toEqual(['skip control-message']);
    expect(await outcomes(cloudWatchLogs(), { ...message, logEvents: [] })).toEqual(NO_DOCUMENTS);
  });

  it.each([
    [
      '{"id":"a"}',
      'not-decoded: expected a message of a CloudWatch Logs subscription with `messageType` and `logEvents`, got `messageType` nothing',
    ],
    [
      '5',
      'not-decoded: expected a message of a CloudWatch Logs subscription with `messageType` and `logEvents`, got 5',
    ],
    ['no json', 'not-json: SyntaxError: Unexpected token \'o\', "no json" is not valid JSON'],
  ])('rejects %s', async (text, expected) => {
    expect(await outcomes(cloudWatchLogs(), text)).toEqual([expected]);
  });
});

describe('custom', () => {
  const pairs = (bytes: Buffer) =>
    bytes
      .toString()
      .split(';')
      .filter(Boolean)
      .map((id) => ({ id: id === '?' ? 5 : id }));

  it('makes one document of a record, or several, or none', async () => {
    expect(
      await outcomes(
        custom((bytes) => ({ id: bytes.toString() })),
        'a',
      ),
    ).toEqual(['a']);
    expect(await outcomes(custom(pairs), 'a;b')).toEqual(['a', 'b']);
    expect(await outcomes(custom(pairs), ';')).toEqual(NO_DOCUMENTS);
  });

  it('takes what a generator gives, and no more than a record may hold', async () => {
    function* each(bytes: Buffer) {
      for (const id of bytes.toString()) yield { id };
    }
    expect(await outcomes(custom(each), 'ab')).toEqual(['a', 'b']);
    function* endless() {
      for (;;) yield { id: 'a' };
    }
    expect(await outcomes(custom(endless), 'a')).toEqual(['too-large: expected at most 100000 documents, got 100001']);
    function* broken() {
      yield { id: 'a' };
      throw new Error('no more');
    }
    expect(await outcomes(custom(broken), 'a')).toEqual(['not-decoded: decode threw Error: no more']);
    async function* late() {
      yield await Promise.resolve({ id: 'a' });
    }
    expect(await outcomes(custom(late), 'a')).toEqual([
      'not-decoded: `decode` must return a document or a list of them, got a value of type AsyncGenerator; `decode` must not be async',
    ]);
  });

  it('may be a list with a proxy that throws, which is met when the document is read', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(
      await outcomes(
        custom(() => [proxy, { id: 'a' }]),
        'a',
      ),
    ).toEqual([expect.stringMatching(/^schema: /), 'a']);
  });

  it("rejects a document alone, with the bytes of the record, which are its neighbours' too", async () => {
    const items = await decode(custom(pairs), 'a;?;c');
    expect(items.map((item) => outcome(item).split(':')[0])).toEqual(['a', 'schema', 'c']);
    expect(items.map(({ origin: { subSequenceNumber, part } }) => [subSequenceNumber, part])).toEqual(
      [0, 1, 2].map((n) => [n, 'shared']),
    );
    expect(payloadBytes(items[1]!.origin).toString()).toBe('a;?;c');
  });

  it('gets decompressed bytes of its own, and the record', async () => {
    const seen: unknown[] = [];
    const data = Buffer.from('ab');
    const [item] = await decode(
      custom((bytes, record) => {
        seen.push([bytes.toString(), record.sequenceNumber, record.partitionKey]);
        bytes.fill(0);
        return { id: 5 };
      }),
      aggregate([
        { partitionKey: 'k', data },
        { partitionKey: 'l', data: zlib.deflateSync('cd') },
      ]),
    );
    expect(seen).toEqual([
      ['ab', sequenceNumber(0), 'k'],
      ['cd', sequenceNumber(0), 'l'],
    ]);
    expect(payloadBytes(item!.origin)).toEqual(data);
  });

  it('gets bytes that only look compressed as they are', async () => {
    for (const magic of ['1f8b', '789c', '28b52ffd']) {
      expect(
        await outcomes(
          custom((bytes) => ({ id: bytes.toString('hex') })),
          Buffer.from(`${magic}00`, 'hex'),
        ),
      ).toEqual([`${magic}00`]);
    }
  });

  it.each<[string, Parameters<typeof custom>[0], string]>([
    [
      'throws',
      () => {
        throw new RangeError('byte 7');
      },
      'not-decoded: decode threw RangeError: byte 7',
    ],
    ['returns nothing', () => undefined, 'not-decoded: `decode` must return a document or a list of them, got nothing'],
    [
      'is async',
      async () => Promise.reject(new Error('late')),
      'not-decoded: `decode` must return a document or a list of them, got a promise; `decode` must not be async',
    ],
    [
      'lists a promise',
      () => [{ id: 'a' }, Promise.reject(new Error('late'))],
      'not-decoded: `decode` must return a document or a list of them, got a promise at 1 of a list; `decode` must not be async',
    ],
  ])('that %s rejects the record', async (_what, decode, expected) => {
    expect(await outcomes(custom(decode), 'x')).toEqual([expected]);
  });
});

describe('compressed records', () => {
  const text = '{"id":"a"}';
  const formats = { gzip: zlib.gzipSync, zlib: zlib.deflateSync, zstd: zlib.zstdCompressSync } as const;

  it.each(Object.entries(formats))('of the format %s are known by their magic number', async (name, compress) => {
    expect(await outcomes(json(), compress(text))).toEqual(['a']);
    expect((await outcomes(json(), compress(text).subarray(0, -5)))[0]).toMatch(new RegExp(`^${name}-malformed: `));
    const bomb = compress(Buffer.alloc(11 * 1024 * 1024));
    expect(await outcomes(json(), bomb)).toEqual([`${name}-too-large: inflates to more than 10485760 bytes`]);
    const most = compress(`"${'x'.repeat(10 * 1024 * 1024 - 2)}"`);
    expect((await outcomes(json(), most))[0]).toMatch(/^schema: /);
  });

  it.each([0, 1, 6, 9])('of zlib are known at level %i, also where the bytes are UTF-8', async (level) => {
    expect(await outcomes(json(), zlib.deflateSync(text, { level }))).toEqual(['a']);
    // Stored as it is, a short text is UTF-8 in its compressed form too.
    expect(await outcomes(json(), zlib.deflateSync('0', { level }))).toEqual([
      'schema: Invalid input: expected object, received number',
    ]);
  });
});
