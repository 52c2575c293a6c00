import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  answerCloudFormation,
  type CloudFormationOutcome,
} from '../../../../functions/migrate/answer-cloudformation.ts';

let server: Server;
let taken: Buffer;

beforeAll(async () => {
  server = createServer((request, response) => {
    void buffer(request).then((body) => {
      taken = body;
      response.statusCode = request.url === '/refused' ? 403 : 200;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

async function answer(outcome: CloudFormationOutcome, known: { readonly PhysicalResourceId?: string } = {}, path = '') {
  const { port } = server.address() as AddressInfo;
  const ids = {
    StackId: `arn:aws:cloudformation:eu-central-1:123456789012:stack/${'s'.repeat(128)}/${'0'.repeat(36)}`,
    RequestId: '0'.repeat(36),
    LogicalResourceId: 'l'.repeat(255),
  };
  const ResponseURL = `http://127.0.0.1:${port}/${path}`;
  await answerCloudFormation({ RequestType: 'Update', ResponseURL, ...ids, ...known }, outcome);
  return JSON.parse(taken.toString()) as Readonly<Record<string, unknown>>;
}

describe('the answer to CloudFormation', () => {
  test('gives a new resource an id, and lets one that is there keep its own', async () => {
    const outcome = { status: 'SUCCESS', data: {} } as const;
    await expect(answer(outcome)).resolves.toMatchObject({ PhysicalResourceId: 'migrations' });
    const earlier = { PhysicalResourceId: 'another' };
    await expect(answer(outcome, earlier)).resolves.toMatchObject(earlier);
    await expect(answer({ status: 'FAILED', reason: 'no' }, earlier)).resolves.toMatchObject(earlier);
  });

  test.each<[string, CloudFormationOutcome]>([
    [
      'many migrations',
      {
        status: 'SUCCESS',
        data: { applied: 'flights/001-a.sql '.repeat(500), newer: 'ü"\n'.repeat(900) },
        warning: '列'.repeat(2_000),
      },
    ],
    ['a long reason in another script', { status: 'FAILED', reason: '列が見つかりません"\n'.repeat(500) }],
  ])('stays within its 4096 bytes with %s', async (_, outcome) => {
    const { Data, Reason } = await answer(outcome);
    expect(taken.byteLength).toBeLessThanOrEqual(4_096);
    expect(JSON.stringify([Data, Reason])).toContain('...');
  });

  test('is an error when it is not taken', async () => {
    await expect(answer({ status: 'FAILED', reason: 'no' }, {}, 'refused')).rejects.toThrow('HTTP 403');
  });
});
