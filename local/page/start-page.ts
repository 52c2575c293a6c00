import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { PageHistory } from './page-history.ts';
import type { PageSnapshot } from './page-snapshot.ts';
import { renderPage, type PageForm } from './render-page.ts';
import { renderParts, type PageParts } from './render-parts.ts';

/** What a page shows, and what it can do. */
export interface PageOptions {
  readonly title: string;
  readonly first: PageSnapshot;
  readonly forms: readonly PageForm[];
  /**
   * Does what a form asks for.
   *
   * @param action of the form
   * @param fields their values, each within the bounds of its field
   * @returns what was done, in a sentence
   * @throws Error whose message says why it was not
   */
  readonly act: (action: string, fields: Readonly<Record<string, number>>) => Promise<string>;
  /** 0 for any free one. @defaultValue 0 */
  readonly port?: number;
}

/** A page that is being served. */
export interface Page extends AsyncDisposable {
  /** With a token in it that nobody can guess: whoever knows it can use the forms. */
  readonly url: string;
  /** Shows the next snapshot on every open page. */
  readonly show: (snapshot: PageSnapshot) => void;
}

/** A browser or a proxy may take a connection without a byte for dead. */
const HEARTBEAT_MS = 15_000;

const RECONNECT_MS = 1_000;

/** More than any form has, in characters. */
const MAX_BODY = 4_096;

/**
 * Serves a page on 127.0.0.1. Snapshots travel as server-sent events; a slow reader gets the newest one and none of
 * those that it missed.
 */
export async function startPage(options: PageOptions): Promise<Page> {
  const page = new PageServer(options);
  await page.listen(options.port ?? 0);
  return page;
}

class PageServer implements Page {
  readonly #options: PageOptions;
  readonly #token = randomBytes(16).toString('hex');
  readonly #history = new PageHistory();
  /** Open pages, with the last snapshot that each was sent. */
  readonly #readers = new Map<ServerResponse, number>();
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  readonly #heartbeat: NodeJS.Timeout;
  #parts: PageParts;
  #id = 0;

  constructor(options: PageOptions) {
    this.#options = options;
    this.#parts = this.#render(options.first);
    this.#heartbeat = setInterval(() => {
      for (const reader of this.#readers.keys()) reader.write(': still here\n\n');
    }, HEARTBEAT_MS);
  }

  get url(): string {
    return `http://${this.#host}/${this.#token}/`;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
  }

  readonly show = (snapshot: PageSnapshot): void => {
    this.#parts = this.#render(snapshot);
    this.#id += 1;
    for (const reader of this.#readers.keys()) if (!reader.writableNeedDrain) this.#send(reader);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat);
    for (const reader of this.#readers.keys()) reader.end();
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  get #host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #render(snapshot: PageSnapshot): PageParts {
    this.#history.add(snapshot);
    return renderParts(snapshot, this.#history.points);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A name that somebody else made to resolve to this machine is not how the page was asked for.
    if (request.headers.host !== this.#host) {
      response.writeHead(403).end('This page is served only to this machine; use the address that the run printed.');
      return;
    }
    switch (`${request.method} ${request.url}`) {
      case `GET /${this.#token}/`:
        this.#answerPage(response);
        return;
      case `GET /${this.#token}/events`:
        this.#addReader(response);
        return;
      case `POST /${this.#token}/actions`:
        await this.#answerAction(request, response);
        return;
      default:
        response.writeHead(404).end('There is nothing here; use the address that the run has printed.');
    }
  }

  #answerPage(response: ServerResponse): void {
    const nonce = randomBytes(16).toString('base64');
    response
      .writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'content-security-policy': `default-src 'none'; img-src data:; connect-src 'self'; form-action 'self'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; style-src-attr 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'`,
      })
      .end(renderPage(this.#options, this.#parts, nonce));
  }

  #addReader(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(`retry: ${RECONNECT_MS}\n\n`);
    // A reader that was too slow for some snapshots gets the newest as soon as it can take one.
    response.on('drain', () => {
      if (this.#readers.get(response) !== this.#id) this.#send(response);
    });
    response.on('close', () => this.#readers.delete(response));
    this.#send(response);
  }

  #send(reader: ServerResponse): void {
    this.#readers.set(reader, this.#id);
    reader.write(`id: ${this.#id}\ndata: ${JSON.stringify(this.#parts)}\n\n`);
  }

  async #answerAction(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isScript = request.headers.accept === 'text/plain';
    const outcome = await this.#act(await readForm(request));
    if (isScript) {
      response
        .writeHead(outcome.isDone ? 200 : 400, { 'content-type': 'text/plain; charset=utf-8' })
        .end(outcome.words);
    } else response.writeHead(303, { location: this.url }).end();
  }

  async #act(fields: URLSearchParams): Promise<{ readonly isDone: boolean; readonly words: string }> {
    const { forms, act } = this.#options;
    const form = forms.find(({ action }) => action === fields.get('action'));
    if (form === undefined) return { isDone: false, words: 'There is no such button.' };
    const values: Record<string, number> = {};
    for (const { name, label, min, max } of form.fields ?? []) {
      const given = fields.get(name) ?? '';
      const value = Number(given);
      if (!/^\d{1,15}$/.test(given) || value < min || value > max) {
        return { isDone: false, words: `${label} must be a whole number from ${min} to ${max}.` };
      }
      values[name] = value;
    }
    return act(form.action, values).then(
      (words) => ({ isDone: true, words }),
      (error: unknown) => ({ isDone: false, words: error instanceof Error ? error.message : String(error) }),
    );
  }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const body = await text(request);
  return new URLSearchParams(body.length > MAX_BODY ? '' : body);
}
