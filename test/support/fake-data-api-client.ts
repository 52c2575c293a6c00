import { RDSDataClient } from '@aws-sdk/client-rds-data';

/** What a call says, as far as tests look at it. */
export interface FakeCall {
  /** `BEGIN`, `COMMIT`, `ROLLBACK`, or the SQL of a statement. */
  readonly label: string;
  /** Texts of the parameters, in order. */
  readonly parameters: readonly string[];
  /** The transaction it belongs to, if any. */
  readonly transactionId: string | undefined;
}

/** An error that the service answers, in contrast to what happens on the way to it. */
export class ServiceError extends Error {
  override readonly name: string;

  constructor(name: string, message: string = name) {
    super(message);
    this.name = name;
  }
}

const LABELS: Readonly<Record<string, string>> = {
  '/BeginTransaction': 'BEGIN',
  '/CommitTransaction': 'COMMIT',
  '/RollbackTransaction': 'ROLLBACK',
};

/**
 * Makes the SDK's own client, with a function in place of the network.
 *
 * @param answer gets each call and returns the body of the answer; throws a {@link ServiceError} for the service to
 *   answer with it, or any other error for a connection that fails
 */
export function fakeDataApiClient(answer: (call: FakeCall) => object): RDSDataClient {
  const respond = (path: string, body: Uint8Array | string): object => {
    const call = readCall(path, typeof body === 'string' ? body : new TextDecoder().decode(body));
    try {
      return response(200, {}, answer(call));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return response(400, { 'x-amzn-errortype': error.name }, { message: error.message });
    }
  };
  return new RDSDataClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      handle: ({ path, body }: { readonly path: string; readonly body: Uint8Array | string }) =>
        Promise.resolve().then(() => ({ response: respond(path, body) })),
    },
  });
}

function readCall(path: string, body: string): FakeCall {
  const { sql, parameters, transactionId } = JSON.parse(body) as {
    readonly sql?: string;
    readonly parameters?: readonly { readonly value: { readonly stringValue: string } }[];
    readonly transactionId?: string;
  };
  return {
    label: LABELS[path] ?? sql ?? path,
    parameters: (parameters ?? []).map(({ value }) => value.stringValue),
    transactionId,
  };
}

function response(statusCode: number, headers: Readonly<Record<string, string>>, body: object): object {
  return { statusCode, headers, body: Buffer.from(JSON.stringify(body)) };
}
