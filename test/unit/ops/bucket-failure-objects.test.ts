import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBucketFailureObjects } from '../../../ops/redrive/bucket-failure-objects.ts';
import type { FailureObjects } from '../../../ops/redrive/failure-object-source.ts';

const KEYS_PER_PAGE = 2;

/** What the stub's one bucket holds, by key, and what it was asked. */
let bucket: Map<string, string>;
let requests: string[];
let client: S3Client;
const server = createServer((request, response) => void answer(request, response));

beforeEach(async () => {
  bucket = new Map();
  requests = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new S3Client({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});

afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://stub');
  requests.push(`${request.method ?? ''} ${url.pathname}`);
  const [, name = '', ...path] = decodeURIComponent(url.pathname).split('/');
  const key = path.join('/');
  if (name !== 'failed') fail(response, 'NoSuchBucket');
  else if (request.method === 'PUT') {
    bucket.set(key, await textOf(request));
    response.end();
  } else if (key === '') response.end(listing(url.searchParams));
  else if (bucket.has(key)) response.end(bucket.get(key));
  else fail(response, 'NoSuchKey');
}

function fail(response: ServerResponse, code: string): void {
  response.writeHead(404).end(`<Error><Code>${code}</Code><Message>it is not there</Message></Error>`);
}

/** A page of the list as S3 gives it: in the order of the keys' bytes, with a token where there is more. */
function listing(query: URLSearchParams): string {
  const after = query.get('continuation-token') ?? '';
  const keys = [...bucket.keys()]
    .filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const page = keys.slice(0, KEYS_PER_PAGE);
  const more = keys.length > page.length;
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>${String(more)}</IsTruncated>${
    more ? `<NextContinuationToken>${page.at(-1) ?? ''}</NextContinuationToken>` : ''
  }${page.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('')}</ListBucketResult>`;
}

function objects(prefix = 'aws/lambda/'): FailureObjects {
  return createBucketFailureObjects(client, { bucket: 'failed', prefix });
}

async function keysOf({ keys }: FailureObjects): Promise<string[]> {
  const listed: string[] = [];
  for await (const key of keys()) listed.push(key);
  return listed;
}

function fill(...keys: readonly string[]): void {
  for (const key of keys) bucket.set(key, `content of ${key}`);
}

describe('on-failure objects in a bucket', () => {
  it('are listed page by page in the order of their keys, those under the prefix only', async () => {
    const keys = [0, 1, 2, 3, 4].map((n) => `aws/lambda/m/s/${n}`);
    fill('aws/other', ...keys.toReversed(), 'zzz');
    expect(await keysOf(objects())).toEqual(keys);
    expect(requests).toEqual(Array.from({ length: 3 }, () => 'GET /failed/'));
  });

  it('are none in an empty bucket', async () => {
    expect(await keysOf(objects())).toEqual([]);
  });

  it('are read as they are', async () => {
    bucket.set('aws/lambda/m/s/ü 1', '{"payload":"\\u00fc ü"}');
    expect(await objects().read('aws/lambda/m/s/ü 1')).toBe('{"payload":"\\u00fc ü"}');
  });

  it('are left out once they are marked, and nothing that was there is changed', async () => {
    fill('aws/lambda/a', 'aws/lambda/b', 'aws/lambda/c');
    await objects().mark('aws/lambda/b');
    await objects().mark('aws/lambda/b');
    expect(await keysOf(objects())).toEqual(['aws/lambda/a', 'aws/lambda/c']);
    expect([...bucket]).toEqual([
      ...['a', 'b', 'c'].map((name) => [`aws/lambda/${name}`, `content of aws/lambda/${name}`]),
      ['aws/lambda/b.redriven', ''],
    ]);
  });

  it('are left out wherever the pages of the list divide them from their marks', async () => {
    // In the order of a list `a-b` stands between `a` and its mark, and has none itself.
    fill('aws/lambda/a', 'aws/lambda/a-b', 'aws/lambda/a.redriven', 'aws/lambda/a.redriven2', 'aws/lambda/aa');
    expect(await keysOf(objects())).toEqual(['aws/lambda/a-b', 'aws/lambda/a.redriven2', 'aws/lambda/aa']);
  });

  it('may be marked while they are listed', async () => {
    fill('aws/lambda/a', 'aws/lambda/b', 'aws/lambda/c');
    const listed: string[] = [];
    for await (const key of objects().keys()) {
      listed.push(key);
      await objects().mark(key);
    }
    expect(listed).toEqual(['aws/lambda/a', 'aws/lambda/b', 'aws/lambda/c']);
    expect(await keysOf(objects())).toEqual([]);
  });

  it('that cannot be had say why', async () => {
    await expect(objects().read('aws/lambda/gone')).rejects.toThrow('it is not there');
    const elsewhere = createBucketFailureObjects(client, { bucket: 'absent', prefix: '' });
    await expect(keysOf(elsewhere)).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});
