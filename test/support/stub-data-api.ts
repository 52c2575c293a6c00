import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the service is asked, as far as tests look at it. */
export interface StubRequest {
  readonly sql: string;
  /** Parameter name to its text. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the service answers: a result, or an error by name; `undefined` keeps the caller waiting. */
export interface StubAnswer {
  readonly status?: number;
  readonly errorName?: string;
  readonly body: object;
}

/** A running stub and what it was asked. */
export interface StubDataApi extends AsyncDisposable {
  readonly endpoint: string;
  readonly requests: readonly StubRequest[];
}

/**
 * Starts an HTTP server on 127.0.0.1 that answers Data API calls as a test tells it to.
 *
 * @param answer called with each request and its number, from 1
 */
export async function startStubDataApi(
  answer: (request: StubRequest, call: number) => StubAnswer | undefined,
): Promise<StubDataApi> {
  const requests: StubRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    void readRequest(incoming).then((request) => {
      requests.push(request);
      const reply = answer(request, requests.length);
      if (reply === undefined) return;
      const { status = 200, errorName, body } = reply;
      outgoing.writeHead(status, {
        'content-type': 'application/json',
        ...(errorName && { 'x-amzn-errortype': errorName }),
      });
      outgoing.end(JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<StubRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { sql, parameters = [] } = JSON.parse(Buffer.concat(chunks).toString()) as {
    sql: string;
    parameters?: { name: string; value: { stringValue: string } }[];
  };
  return { sql, parameters: Object.fromEntries(parameters.map(({ name, value }) => [name, value.stringValue])) };
}
