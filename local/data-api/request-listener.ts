import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DataApiError } from './data-api-error.ts';
import { OPERATION_OF_PATH, type Operation } from './data-api-request.ts';
import { parseRequestBody, type JsonObject } from './parse-request-body.ts';

/** One call as it came in. */
export interface IncomingCall {
  readonly operation: Operation;
  readonly input: JsonObject;
  /** Which try of the SDK this is, from 1. */
  readonly attempt: number;
}

/** Answers a call with JSON text, or `drop` to break the connection without an answer. */
export type CallHandler = (call: IncomingCall) => Promise<string | typeof DROP_CONNECTION>;

/** Answers the paths that are not AWS's; undefined for one it does not know. */
export type ControlHandler = (method: string, path: string, body: string) => string | undefined;

/** In place of an answer: the client sees a reset connection. */
export const DROP_CONNECTION = Symbol('drop connection');

/** A request is read to its end before it is refused, up to this many times the limit: a client that is cut off in
 * the middle of sending sees a broken connection instead of the answer. */
const DRAIN_FACTOR = 8;

/** What a call moved, as AWS meters it. */
export interface CallBytes {
  /** Of the request, header lines included. */
  readonly requestBytes: number;
  /** Of the body that answers it. */
  readonly responseBytes: number;
}

/** What the listener needs. */
export interface ListenerOptions {
  readonly maxRequestBytes: number;
  readonly handle: CallHandler;
  readonly control: ControlHandler;
  /** Hears of each call that was answered without an error. */
  readonly onAnswer?: ((bytes: CallBytes) => void) | undefined;
}

/** Speaks the Data API's wire form: REST with JSON, error names in a header. */
export function createRequestListener(options: ListenerOptions) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, options).then(
      (body) => {
        if (body === DROP_CONNECTION) request.socket.destroy();
        else respond(response, body);
      },
      (error: unknown) => {
        respondError(response, error);
      },
    );
  };
}

async function answer(request: IncomingMessage, options: ListenerOptions): Promise<string | typeof DROP_CONNECTION> {
  assertNoBrowser(request);
  const { body, bytes: requestBytes } = await readBody(request, options.maxRequestBytes);
  const path = (request.url ?? '').split('?')[0] ?? '';
  const controlled = options.control(request.method ?? '', path, body);
  if (controlled !== undefined) return controlled;
  if (request.method !== 'POST' || !(path in OPERATION_OF_PATH)) {
    throw new DataApiError('UnknownOperationException', '');
  }
  const answered = await options.handle({
    operation: OPERATION_OF_PATH[path as keyof typeof OPERATION_OF_PATH],
    input: parseRequestBody(body),
    attempt: attemptOf(request),
  });
  if (answered !== DROP_CONNECTION) options.onAnswer?.({ requestBytes, responseBytes: Buffer.byteLength(answered) });
  return answered;
}

/**
 * Reads the body of a request as text.
 *
 * @throws DataApiError if the whole request, header lines included, is larger.
 */
async function readBody(
  request: IncomingMessage,
  maxRequestBytes: number,
): Promise<{ readonly body: string; readonly bytes: number }> {
  const chunks: Buffer[] = [];
  let bytes = headerBytes(request);
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxRequestBytes) chunks.push(chunk);
    if (bytes > maxRequestBytes * DRAIN_FACTOR) break;
  }
  if (bytes > maxRequestBytes) {
    throw new DataApiError('ValidationException', `The request exceeds the size limit of ${maxRequestBytes} bytes`);
  }
  return { body: Buffer.concat(chunks).toString('utf8'), bytes };
}

/** Each header line is its name, `: `, its value and a line break. */
function headerBytes({ rawHeaders }: IncomingMessage): number {
  const text = rawHeaders.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  return text + (rawHeaders.length / 2) * ': \r\n'.length;
}

/** Signatures are not checked, so a web page must not be able to run SQL: browsers name their origin, SDKs do not. */
function assertNoBrowser({ headers }: IncomingMessage): void {
  if (headers.origin !== undefined)
    throw new DataApiError('AccessDeniedException', 'Requests from browsers are refused');
}

function attemptOf({ headers }: IncomingMessage): number {
  const header = headers['amz-sdk-request'];
  return Number(/attempt=(\d+)/.exec(typeof header === 'string' ? header : '')?.[1] ?? 1);
}

function respond(response: ServerResponse, body: string, error?: DataApiError): void {
  response.writeHead(error?.status ?? 200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': randomUUID(),
    ...(error && { 'x-amzn-errortype': error.name }),
  });
  response.end(body);
}

function respondError(response: ServerResponse, error: unknown): void {
  const known = error instanceof DataApiError ? error : reportFault(error);
  const body = { ...(known.message !== '' && { message: known.message }), ...known.details };
  respond(response, JSON.stringify(body), known);
}

/** A fault of this server: the client learns that there was one, whoever runs the server learns which. */
function reportFault(error: unknown): DataApiError {
  process.stderr.write(`data api: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return new DataApiError('InternalServerErrorException', '');
}
