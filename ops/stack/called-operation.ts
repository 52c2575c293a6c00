/** What was called when an error came. */
export interface CalledOperation {
  /** Such as `S3`. */
  readonly service: string;
  /** Such as `ListObjectsV2`. */
  readonly operation: string;
}

/** By the error that the client threw. */
const CALLED = new WeakMap<Error, CalledOperation>();

/** A client of the AWS SDK; the types of each middleware stack are its own. */
interface AnyClient {
  readonly middlewareStack: { add: (middleware: never, options: never) => void };
}

/** What wraps a call, as far as it matters here. */
type Middleware = (
  next: (args: unknown) => Promise<unknown>,
  context: { readonly clientName?: string; readonly commandName?: string },
) => (args: unknown) => Promise<unknown>;

const note: Middleware =
  (next, { clientName = '', commandName = '' }) =>
  async (args) => {
    try {
      return await next(args);
    } catch (error) {
      const called = { service: stripped(clientName, 'Client'), operation: stripped(commandName, 'Command') };
      if (error instanceof Error) CALLED.set(error, called);
      throw error;
    }
  };

/** Notes with each error of a client which call it came from: the error itself does not always say. */
export function noteCalls(client: AnyClient): void {
  client.middlewareStack.add(note as never, { step: 'initialize', name: 'noteCalls' } as never);
}

/** The call that an error came from; undefined for one of something else. */
export function calledOperation(error: Error): CalledOperation | undefined {
  return CALLED.get(error);
}

/** The service's name in IAM, where it is not the client's in lowercase. */
const IAM_SERVICES: Readonly<Record<string, string>> = { RDSData: 'rds-data' };

/** The permission that a call needs, where it is not called like the operation. */
const IAM_ACTIONS: Readonly<Record<string, string>> = {
  ListObjectsV2: 'ListBucket',
  HeadObject: 'GetObject',
};

/** Names the permission that a call needs, such as `s3:ListBucket`. */
export function permissionFor({ service, operation }: CalledOperation): string {
  return `${IAM_SERVICES[service] ?? service.toLowerCase()}:${IAM_ACTIONS[operation] ?? operation}`;
}

function stripped(name: string, ending: string): string {
  return name.endsWith(ending) ? name.slice(0, -ending.length) : name;
}
