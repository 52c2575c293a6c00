import { RDSDataClient } from '@aws-sdk/client-rds-data';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DATA_API_MAX_REQUEST_BYTES } from '../../../../contract/limits.ts';
import { createExecuteStatement } from '../../../../data-api/execute.ts';
import { compileProjection } from '../../../../processor/compile-projection.ts';
import { STORE_PART_SQL } from '../../../../processor/quarantine/compile-quarantine.ts';
import type { EncodedItem } from '../../../../processor/project/project-items.ts';
import type { DecodedItem } from '../../../../processor/decode/item.ts';
import { payloadParts } from '../../../../processor/quarantine/payload-parts.ts';
import { planChunks } from '../../../../processor/plan-chunks.ts';
import { projectItems } from '../../../../processor/project/project-items.ts';
import type { ParameterValue } from '../../../../data-api/statement-body.ts';
import { writeParameters } from '../../../../processor/write/write-parameters.ts';
import { askedKeys } from '../../../support/asked-keys.ts';
import { origin } from '../../../support/encoded-event.ts';
import { orders } from '../../../support/orders-projection.ts';

const compiled = compileProjection(orders);
const MAX_ITEM_BYTES = DATA_API_MAX_REQUEST_BYTES - compiled.fixedRequestBytes;

const context = {
  functionName: orders.name,
  shardId: 'shardId-000000000000',
  codeVersion: '0123456789abcdef',
  maxItemBytes: MAX_ITEM_BYTES,
  batchSequenceNumber: '49590338271490256608559692538361571095921575989136588898',
  tableCount: compiled.tableCount,
  frameworkLedger: true,
};

/** Sends parameters with the real client as far as the wire, and measures what it would have put there. */
async function requestBytes(
  parameters: Readonly<Record<string, ParameterValue>>,
  sql = compiled.writeWithRejectionsSql,
): Promise<number> {
  let bytes = 0;
  const client = new RDSDataClient({
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'A'.repeat(20), secretAccessKey: 'B'.repeat(40), sessionToken: 'C'.repeat(1500) },
    requestHandler: {
      handle: ({
        method,
        path,
        headers,
        body,
      }: {
        method: string;
        path: string;
        headers: object;
        body: Uint8Array;
      }) => {
        const head = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
        bytes = Buffer.byteLength(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n`) + body.length;
        return Promise.reject(new Error('measured'));
      },
    },
  });
  const target = {
    clusterArn: `arn:${'c'.repeat(560)}`,
    secretArn: `arn:${'s'.repeat(560)}`,
    database: 'd'.repeat(64),
  };
  await createExecuteStatement(client, target)(sql, parameters, { timeoutMs: 5_000 }).catch(() => undefined);
  return bytes;
}

/** The bytes of every request that goes ahead of a chunk. */
async function partRequestBytes(chunk: readonly EncodedItem[]): Promise<number[]> {
  const requests: number[] = [];
  for (const item of chunk) {
    if (item.kind !== 'rejection') continue;
    for (const part of payloadParts(item.origin, { ...context, parts: item.parts })) {
      requests.push(await requestBytes(part, STORE_PART_SQL));
    }
  }
  return requests;
}

/** Text that costs much: quotes and backslashes double twice, and characters take up to four bytes. */
const costly = fc.string({
  unit: fc.constantFrom('"', '\\', '\n', 'é', '€', '😀', 'x', '\u2028'),
  minLength: 1,
  maxLength: 400,
});

const item = (recordIndex: number): fc.Arbitrary<DecodedItem> =>
  fc.tuple(costly, costly, fc.boolean(), fc.integer({ min: 1, max: 40 })).map(([id, text, good, times]): DecodedItem =>
    good
      ? {
          kind: 'event',
          origin: origin(recordIndex),
          eventId: id,
          event: { id: text.repeat(times), customer: 'c', amount: 1 },
        }
      : {
          kind: 'rejection',
          origin: origin(recordIndex, { payload: Buffer.from(text.repeat(times)), partitionKey: text.slice(0, 256) }),
          reason: 'schema',
          detail: text,
        },
  );

const batch = fc.integer({ min: 1, max: 60 }).chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => item(i))));

it.each([64 * 1024, DATA_API_MAX_REQUEST_BYTES])(
  'planned for %d bytes, no request that the client would send is larger',
  async (maxRequestBytes) => {
    const maxItemBytes = maxRequestBytes - compiled.fixedRequestBytes;
    const resolved = new Map([['customers', new Map([['c', { city: 'Lisboa "\\' }]])]]);
    await fc.assert(
      fc.asyncProperty(batch, async (decoded) => {
        const asked = new Map([['customers', askedKeys(...decoded.map(() => ['c']))]]);
        const encoding = { ...context, maxItemBytes };
        const { items, rows } = projectItems(decoded, compiled.step, { resolved, asked, encoding });
        for (const chunk of planChunks(items, maxItemBytes)) {
          for (const bytes of await partRequestBytes(chunk)) expect(bytes).toBeLessThanOrEqual(maxRequestBytes);
          const bytes = await requestBytes(writeParameters(chunk, { ...context, rows }));
          expect(bytes).toBeGreaterThan(compiled.writeWithRejectionsSql.length);
          expect(bytes).toBeLessThanOrEqual(maxRequestBytes);
        }
      }),
      { numRuns: 60 },
    );
  },
);

/** The bytes of the first request of a batch of rejections with these payloads. */
async function firstRequestBytes(payloads: readonly Buffer[]): Promise<number> {
  const decoded = payloads.map((payload, n): DecodedItem => ({
    kind: 'rejection',
    origin: origin(n, { payload }),
    reason: 'schema',
    detail: 'quoted "text"',
  }));
  const { items, rows } = projectItems(decoded, compiled.step, {
    resolved: new Map(),
    asked: new Map(),
    encoding: context,
  });
  const [chunk] = planChunks(items, MAX_ITEM_BYTES);
  expect(chunk![0]!.bytes).toBeLessThanOrEqual(MAX_ITEM_BYTES);
  return requestBytes(writeParameters(chunk!, { ...context, rows }));
}

it('fills a request almost to the limit, with one item as large as can be', async () => {
  const overhead = 400;
  const bytes = await firstRequestBytes([Buffer.alloc(Math.floor(((MAX_ITEM_BYTES - overhead) * 3) / 4))]);
  expect(bytes).toBeLessThanOrEqual(DATA_API_MAX_REQUEST_BYTES);
  expect(bytes).toBeGreaterThan(DATA_API_MAX_REQUEST_BYTES - 8 * 1024);
});

it.each([1, 2, 3])('cuts a payload in %i parts, each of which fills its request almost to the limit', async (parts) => {
  const payload = 'A'.repeat(parts * Math.floor(MAX_ITEM_BYTES / 4) * 4);
  const rejection: DecodedItem = { kind: 'rejection', origin: origin(0, { payload }), reason: 'schema', detail: '' };
  const { items } = projectItems([rejection], compiled.step, {
    resolved: new Map(),
    asked: new Map(),
    encoding: context,
  });
  const requests = await partRequestBytes(items);
  expect(requests).toHaveLength(parts);
  for (const bytes of requests) {
    expect(bytes).toBeLessThanOrEqual(DATA_API_MAX_REQUEST_BYTES);
    expect(bytes).toBeGreaterThan(DATA_API_MAX_REQUEST_BYTES - 16 * 1024);
  }
});

it('fills a request almost to the limit, with as many small items as can be', async () => {
  const bytes = await firstRequestBytes(Array.from({ length: 30_000 }, () => Buffer.alloc(0)));
  expect(bytes).toBeLessThanOrEqual(DATA_API_MAX_REQUEST_BYTES);
  expect(bytes).toBeGreaterThan(DATA_API_MAX_REQUEST_BYTES * 0.96);
});
