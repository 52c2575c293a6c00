import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, it } from 'vitest';
import { readStreamOrder, type StreamOrder } from '../../../../ops/deploy/stream-order.ts';

const ARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/events';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Asks a stub of the service. */
async function ask(status: number, body: object): Promise<StreamOrder> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new KinesisClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  stops.push(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return readStreamOrder(client, ARN);
}

describe('readStreamOrder', () => {
  it.each([{ RecordDistributionStrategy: 'USER_PARTITION_KEY' }, {}])(
    'has nothing against a stream that says %j',
    async (summary) => {
      expect(await ask(200, { StreamDescriptionSummary: summary })).toEqual({});
    },
  );

  it('refuses a stream that distributes records by itself, with what to do', async () => {
    const { problem } = await ask(200, { StreamDescriptionSummary: { RecordDistributionStrategy: 'AUTO' } });
    expect(problem).toContain(`the stream ${ARN} must distribute records by partition key`);
    expect(problem).toContain('update-stream-record-distribution-strategy');
  });

  it('says why a stream cannot be looked at', async () => {
    const answer = { __type: 'AccessDeniedException', message: 'not allowed' };
    expect(await ask(400, answer)).toEqual({ unknown: 'AccessDeniedException: not allowed' });
  });
});
