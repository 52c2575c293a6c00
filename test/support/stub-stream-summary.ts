import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Kinesis that answers any call with the summary of one stream. */
export interface StubStreamSummary extends AsyncDisposable {
  readonly endpoint: string;
}

/** Answers `DescribeStreamSummary`. */
export async function startStubStreamSummary(summary: Readonly<Record<string, unknown>>): Promise<StubStreamSummary> {
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ StreamDescriptionSummary: summary }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close').catch(() => undefined);
    },
  };
}
