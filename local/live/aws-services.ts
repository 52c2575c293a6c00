import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** An event source mapping, as `GetEventSourceMapping` has it. */
export interface MappingAnswer {
  /** Such as `Enabled` or `Disabled`. */
  readonly state: string;
  /** Milliseconds since 1970. */
  readonly changedAtMs: number;
}

/** What the services say; may be changed while they run. */
export interface AwsServices extends AsyncDisposable {
  /** Base URL for `AWS_ENDPOINT_URL_LAMBDA`, `AWS_ENDPOINT_URL_S3` and the like. */
  readonly endpoint: string;
  /** Event source mappings by their UUID; another one is not found. */
  readonly mappings: Map<string, MappingAnswer>;
  /** Keys of the objects in each bucket; another bucket is refused. */
  readonly buckets: Map<string, readonly string[]>;
  /** Confirmed subscriptions of each topic by its ARN, `refused` where the owner lets nobody ask; another one is not found. */
  readonly topics: Map<string, number | 'refused'>;
  /** What CloudFormation was told through the URL of a wait condition. */
  readonly signals: string[];
}

type Answers = Omit<AwsServices, 'endpoint' | typeof Symbol.asyncDispose>;

/**
 * Starts what a watchdog asks besides stream and database, as far as it asks: Lambda's `GetEventSourceMapping`, S3's
 * `ListObjectsV2`, SNS's `GetTopicAttributes`, and the URL that CloudFormation waits at.
 */
export async function startAwsServices(): Promise<AwsServices> {
  const answers: Answers = { mappings: new Map(), buckets: new Map(), topics: new Map(), signals: [] };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      answer({ request, response, body }, answers);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...answers,
    endpoint: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
}

function answer({ request, response, body }: Call, { mappings, buckets, topics, signals }: Answers): void {
  const [path = '', id] = (request.url ?? '').split('?')[0]?.split('/').filter(Boolean).slice(-2) ?? [];
  if (request.method === 'PUT') {
    signals.push(body);
    response.end();
  } else if (path === 'event-source-mappings') {
    answerMapping(response, id ?? '', mappings);
  } else if (body.includes('Action=GetTopicAttributes')) {
    answerTopic(response, topics.get(new URLSearchParams(body).get('TopicArn') ?? ''));
  } else {
    answerListing(response, buckets.get(path));
  }
}

/** {@link https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html} */
function answerMapping(response: ServerResponse, uuid: string, mappings: Answers['mappings']): void {
  const mapping = mappings.get(uuid);
  if (mapping === undefined) {
    response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' }).end('{}');
    return;
  }
  const { state, changedAtMs } = mapping;
  response.end(JSON.stringify({ UUID: uuid, State: state, LastModified: changedAtMs / 1000 }));
}

/** {@link https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html} */
function answerTopic(response: ServerResponse, subscriptions: number | 'refused' | undefined): void {
  if (typeof subscriptions !== 'number') {
    const isRefused = subscriptions === 'refused';
    const code = isRefused ? 'AuthorizationError' : 'NotFound';
    response.writeHead(isRefused ? 403 : 404).end(`<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`);
    return;
  }
  const entry = `<entry><key>SubscriptionsConfirmed</key><value>${subscriptions}</value></entry>`;
  const result = `<GetTopicAttributesResult><Attributes>${entry}</Attributes></GetTopicAttributesResult>`;
  response.end(`<GetTopicAttributesResponse>${result}</GetTopicAttributesResponse>`);
}

/** {@link https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html} */
function answerListing(response: ServerResponse, keys: readonly string[] | undefined): void {
  if (keys === undefined) {
    response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
    return;
  }
  const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
  response.end(`<ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`);
}
