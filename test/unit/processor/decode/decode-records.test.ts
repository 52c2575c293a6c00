import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { decodeRecords } from '../../../../processor/decode/decode-records.ts';
import type { DecodedEvent, DecodedItem } from '../../../../processor/decode/item.ts';
import { payloadBase64 } from '../../../../processor/decode/item.ts';
import { aggregate, sealAggregate } from '../../../support/aggregate.ts';
import type { KinesisRecordOptions } from '../../../support/kinesis-record.ts';
import { kinesisRecord, sequenceNumber, SHARD_ID } from '../../../support/kinesis-record.ts';

const decoding = {
  schema: z.object({ id: z.string() }),
  eventId: (event: unknown) => (event as { readonly id: string }).id,
};

function schemaOf(validate: StandardSchemaV1['~standard']['validate']): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

async function decode(data: unknown, options: Partial<typeof decoding> | { schema: StandardSchemaV1 } = {}) {
  const items = await decodeRecords([kinesisRecord({ data })], { ...decoding, ...options });
  expect(items).toHaveLength(1);
  return items[0]!;
}

function verdict(item: DecodedItem): readonly [string, string] {
  if (item.kind === 'skip') return ['skip', item.reason];
  const rejection = item.kind === 'rejection' ? item : item.unidentified;
  return rejection === undefined ? ['event', (item as DecodedEvent).eventId] : [rejection.reason, rejection.detail];
}

describe('a plain record', () => {
  it('becomes an event that knows where it came from', async () => {
    const options: KinesisRecordOptions = {
      data: { id: 'a' },
      index: 7,
      partitionKey: 'DTW',
      arrivedAtMs: 1_000_000_000_123,
    };
    expect(await decodeRecords([kinesisRecord(options)], decoding)).toEqual([
      {
        kind: 'event',
        eventId: 'a',
        event: { id: 'a' },
        origin: {
          recordIndex: 0,
          sequenceNumber: sequenceNumber(7),
          subSequenceNumber: 0,
          partitionKey: 'DTW',
          arrivedAtMs: 1_000_000_000_123,
          shardId: SHARD_ID,
          payload: Buffer.from('{"id":"a"}').toString('base64'),
          part: 'all',
        },
      },
    ]);
  });

  it('may carry a byte order mark', async () => {
    expect(verdict(await decode('\uFEFF{"id":"a"}'))).toEqual(['event', 'a']);
  });

  it('is rejected when it is not UTF-8, not JSON or empty', async () => {
    expect(verdict(await decode(Buffer.from([0x22, 0xff, 0x22])))).toEqual([
      'not-utf8',
      'expected JSON in UTF-8, got bytes that begin with 22 ff 22; read it with `decode: custom((bytes) => …)`',
    ]);
    expect(verdict(await decode('{"id":'))[0]).toBe('not-json');
    expect(verdict(await decode(''))[0]).toBe('not-json');
  });

  it.each<[string, Buffer | string, RegExp]>([
    ['UTF-16', Buffer.from('\uFEFF{"id":"a"}', 'utf16le'), /got UTF-16; read it with `decode: custom/],
    ['framed Snappy', Buffer.from('ff060000734e61507059', 'hex'), /got Snappy; read it/],
    ['gzip in gzip', gzipSync(gzipSync('{"id":"a"}')), /got gzip inside of something compressed/],
    ['an Avro file', 'Obj\u0001', /not valid JSON; it looks like an Avro file/],
    ['a schema id in front', Buffer.from([0, 0, 0, 0, 7, 2, 4]), /with the id of its schema in front/],
    ['base64', Buffer.from('{"id":"a"}').toString('base64'), /it looks like base64/],
    ['nothing', ' \n', /the record is empty; `decode: ndjson\(\)` skips such records/],
    ['several documents', '{"id":"a"}\n{"id":"b"}', /where a record holds several documents, `decode: ndjson\(\)`/],
    [
      'plain text',
      'sensor 7: 20.5 degrees',
      /is not valid JSON; it does not begin like JSON; read it with `decode: custom/,
    ],
    ['XML', '<reading id="a"/>', /it does not begin like JSON; read it with `decode: custom/],
    ['JSON that is cut short', ' {"id":"a",', /^SyntaxError: [^;]*$/],
    ['a list', '[{"id":"a"}]', /received array\nwhere a record is a list of events, `decode: jsonArray\(\)`$/],
    ['JSON in a text', '"{}"', /received string\nwhere the text holds JSON or base64, read it with `decode: custom/],
    [
      'logs of CloudWatch',
      gzipSync('{"messageType":"DATA_MESSAGE","logEvents":[]}'),
      /received undefined\nit is a message of a CloudWatch Logs subscription: `decode: cloudWatchLogs\(\)`$/,
    ],
    ['an object that lacks a member', '{}', /^id: [^\n]*received undefined$/],
  ])('is rejected with what it looks like and what to do: %s', async (_what, data, expected) => {
    expect(verdict(await decode(data))[1]).toMatch(expected);
  });

  it('keeps its payload byte by byte when it is rejected', async () => {
    const item = await decode(Buffer.from([0xff, 0x00, 0x80]));
    expect(payloadBase64(item.origin)).toBe('/wCA');
    // Another alphabet, and what is no base64: the database takes neither.
    const payloads = ['_wCA', '***', 'a b'].map((payload) => payloadBase64({ ...item.origin, payload }));
    expect(payloads).toEqual(['/wCA', '', 'aQ==']);
  });
});

describe('gzip', () => {
  it('is inflated in a plain record and inside an aggregate', async () => {
    const data = gzipSync('{"id":"a"}');
    expect(verdict(await decode(data))).toEqual(['event', 'a']);
    expect(verdict(await decode(aggregate([{ partitionKey: 'k', data }])))).toEqual(['event', 'a']);
  });

  it('is rejected when it is cut short', async () => {
    expect(verdict(await decode(gzipSync('{"id":"a"}').subarray(0, -9)))[0]).toBe('gzip-malformed');
  });

  it('is inflated to 10 MiB and not to one byte more', async () => {
    const limit = 10 * 1024 * 1024;
    const [atLimit, beyond] = [limit, limit + 1].map((bytes) => gzipSync(Buffer.alloc(bytes, 0x20), { level: 1 }));
    expect(verdict(await decode(atLimit))[0]).toBe('not-json');
    expect(verdict(await decode(beyond))).toEqual(['gzip-too-large', 'inflates to more than 10485760 bytes']);
  });
});

describe.each([
  ['gzip', gzipSync],
  ['zlib', deflateSync],
  ['zstd', zstdCompressSync],
])('%s', (format, compress) => {
  it('may be several streams, one behind the other: nothing of them is left out', async () => {
    const [first, second] = [compress('{"id":'), compress('"a"}')];
    expect(verdict(await decode(Buffer.concat([first, second])))).toEqual(['event', 'a']);
    expect(verdict(await decode(Buffer.concat([first, second.subarray(0, -5)])))[0]).toBe(`${format}-malformed`);
    expect(verdict(await decode(Buffer.concat([first, second, Buffer.from('{}')])))[0]).toBe(`${format}-malformed`);
    expect(verdict(await decode(Buffer.concat([first, second, Buffer.alloc(7)])))).toEqual(['event', 'a']);
  });

  it('counts all streams against the bound', async () => {
    const half = compress(Buffer.alloc(6 * 1024 * 1024, 0x20), { level: 1 });
    expect(verdict(await decode(Buffer.concat([half, half])))[0]).toBe(`${format}-too-large`);
  });
});

it('zstd may begin with a frame that is to be skipped', async () => {
  const skippable = Buffer.from('502a4d1802000000ffff', 'hex');
  expect(verdict(await decode(Buffer.concat([skippable, zstdCompressSync('{"id":"a"}')])))).toEqual(['event', 'a']);
});

describe('an aggregate', () => {
  it('becomes one item per sub-record, under the sequence number of the whole', async () => {
    const data = aggregate([
      { partitionKey: 'a', data: '{"id":"1"}' },
      { partitionKey: 'b', data: 'no json' },
      { partitionKey: 'c', data: '{"id":"3"}' },
    ]);
    const items = await decodeRecords(
      [kinesisRecord({ data: { id: '0' } }), kinesisRecord({ data, index: 1 })],
      decoding,
    );
    expect(items.map((item) => verdict(item)[0])).toEqual(['event', 'event', 'not-json', 'event']);
    expect(items.slice(1).map(({ origin }) => origin)).toMatchObject([
      { recordIndex: 1, sequenceNumber: sequenceNumber(1), subSequenceNumber: 0, partitionKey: 'a' },
      { recordIndex: 1, sequenceNumber: sequenceNumber(1), subSequenceNumber: 1, partitionKey: 'b' },
      { recordIndex: 1, sequenceNumber: sequenceNumber(1), subSequenceNumber: 2, partitionKey: 'c' },
    ]);
    expect(payloadBase64(items[2]!.origin)).toBe(Buffer.from('no json').toString('base64'));
  });

  it('whose body does not parse, or that is empty, is one rejection with the whole payload', async () => {
    for (const body of [Buffer.from([0x0f]), Buffer.alloc(0)]) {
      const data = sealAggregate(body);
      const item = await decode(data);
      expect(verdict(item)[0]).toBe('aggregate-malformed');
      expect(payloadBase64(item.origin)).toBe(data.toString('base64'));
    }
  });
});

describe('the schema', () => {
  it('says where and what is wrong', async () => {
    const item = await decode({ id: 5 });
    expect(verdict(item)).toEqual(['schema', 'id: Invalid input: expected string, received number']);
  });

  it('may be any Standard Schema, with paths of either form', async () => {
    const issues = [{ message: 'too old', path: ['a', { key: 0 }] }, { message: 'no' }];
    expect(verdict(await decode({}, { schema: schemaOf(() => ({ issues })) }))).toEqual(['schema', 'a.0: too old; no']);
  });

  it('gives the event its value', async () => {
    const schema = schemaOf(() => ({ value: { id: 'changed' } }));
    expect(verdict(await decode({ id: 'a' }, { schema }))).toEqual(['event', 'changed']);
  });

  it('may be asynchronous, and the order stays', async () => {
    const schema = z.object({
      id: z.string().refine((id) => new Promise<boolean>((done) => setImmediate(done, id !== 'b'))),
    });
    const records = ['a', 'b', 'c'].map((id, index) => kinesisRecord({ data: { id }, index }));
    const items = await decodeRecords(records, { ...decoding, schema });
    expect(items.map((item) => verdict(item)[0])).toEqual(['event', 'schema', 'event']);
  });

  it.each([
    ['an error', new TypeError('bug'), 'the schema threw TypeError: bug'],
    ['a text', 'bug', 'the schema threw bug'],
    ['a value without a text', Object.create(null), 'the schema threw a value of type object that has no text'],
  ])('that throws %s rejects its event alone', async (_what, thrown: unknown, detail) => {
    const throwing = schemaOf(() => {
      throw thrown;
    });
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- users' code rejects with anything
    const rejecting = schemaOf(() => Promise.reject(thrown));
    expect(verdict(await decode({}, { schema: throwing }))).toEqual(['schema', detail]);
    expect(verdict(await decode({}, { schema: rejecting }))).toEqual(['schema', detail]);
  });
});

describe('the event id', () => {
  it.each(['x', 'é'.repeat(512), '\\u0000', '😀'])('%j is one', async (id) => {
    expect(verdict(await decode({ id }))).toEqual(['event', id]);
  });

  it.each([
    ['', '""'],
    ['é'.repeat(512) + 'x', `"${'é'.repeat(80)}"`],
    ['a\0b', '"a\\u0000b"'],
    ['\ud800', '"\\ud800"'],
  ])('%j is none', async (id, got) => {
    expect(verdict(await decode({ id }))).toEqual([
      'event-id',
      `expected 1 to 1024 bytes of storable text, got ${got}`,
    ]);
  });

  it('of another type is refused, and a function that throws rejects its event', async () => {
    const five = (() => 5) as unknown as () => string;
    expect(verdict(await decode({ id: 'a' }, { eventId: five }))[1]).toBe(
      'expected 1 to 1024 bytes of storable text, got 5; write `String(id)`',
    );
    const throwing = () => {
      throw new Error('no id');
    };
    expect(verdict(await decode({ id: 'a' }, { eventId: throwing }))).toEqual([
      'event-id',
      'eventId threw Error: no id',
    ]);
  });
});

describe('a condemned record', () => {
  const condemned = { detail: 'it ended three processes', eventId: 'a' };
  /** Decoding that no record survives. */
  const fatal = {
    schema: schemaOf(() => {
      throw new Error('the schema ran');
    }),
    eventId: () => {
      throw new Error('the event id was asked for');
    },
  };

  it('is a rejection with its whole payload, and no code of the user sees it', async () => {
    const record = { ...kinesisRecord({ data: { id: 'a' }, index: 3 }), condemned };
    const [item] = await decodeRecords([record], fatal);
    expect(item).toMatchObject({
      kind: 'rejection',
      reason: 'kills-function',
      detail: 'it ended three processes',
      eventId: 'a',
      origin: { sequenceNumber: sequenceNumber(3), subSequenceNumber: 0, payload: record.kinesis.data },
    });
  });

  it('does not concern the records beside it', async () => {
    const records = [0, 1, 2].map((index) => kinesisRecord({ data: { id: `e${index}` }, index }));
    const items = await decodeRecords(
      records.map((record, index) => (index === 1 ? { ...record, condemned } : record)),
      decoding,
    );
    expect(items.map((item) => [item.origin.recordIndex, verdict(item)[0]])).toEqual([
      [0, 'event'],
      [1, 'kills-function'],
      [2, 'event'],
    ]);
  });

  it('is one rejection where it is an aggregate, in a place that none of its sub-records has', async () => {
    const data = aggregate(['a', 'b'].map((id) => ({ partitionKey: id, data: JSON.stringify({ id }) })));
    const record = { ...kinesisRecord({ data }), condemned: { detail: 'it ended three processes' } };
    const items = await decodeRecords([record], fatal);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ reason: 'kills-function', origin: { subSequenceNumber: -1 } });
    expect(items[0]).not.toHaveProperty('eventId');
    expect(payloadBase64(items[0]!.origin)).toBe(record.kinesis.data);
  });
});
