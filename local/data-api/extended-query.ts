import type { Connection, FieldDef, Submittable } from 'pg';
import type { BoundStatement } from './bind-parameters.ts';

/** What the database answered, as text, before any of it is understood. */
export interface RawResult {
  /** Absent for a statement that returns no rows, such as an UPDATE without RETURNING. */
  readonly fields?: readonly FieldDef[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Command tag, such as `INSERT 0 3`; empty for an empty statement. */
  readonly commandTag: string;
  /** Octets of the rows on the wire: per row 2, per field 4 and its bytes. */
  readonly wireBytes: number;
  /** Octets of the largest row. */
  readonly largestRowBytes: number;
}

interface RowDescription {
  readonly fields: FieldDef[];
}

interface DataRow {
  readonly fields: (string | null)[];
  /** Length of the message, the four bytes of the length itself included. */
  readonly length: number;
}

/** The messages node-postgres sends for us; its type declarations describe an older signature. */
interface Wire {
  readonly stream: { cork?(): void; uncork?(): void };
  parse(message: { name: string; text: string; types: readonly number[] }): void;
  bind(message: { portal: string; statement: string; values: readonly (string | Buffer | null)[] }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  sync(): void;
}

/** Says how much of a result is kept, and whether the statement of the previous query is bound again. */
export interface ExtendedQueryOptions {
  /** Rows beyond this many bytes are counted and dropped. */
  readonly maxResultBytes: number;
  /** True if the previous query on this connection parsed the same text with the same types. */
  readonly alreadyParsed?: boolean;
}

const LENGTH_BYTES = 4;

/**
 * One statement through PostgreSQL's extended protocol, in one round trip, with the parameter types declared.
 * node-postgres itself always sends type 0, that is "infer it", with which a database accepts text where the Data
 * API's declared text is refused; so this takes its place in the client's queue.
 */
export class ExtendedQuery implements Submittable {
  readonly result: Promise<RawResult>;
  readonly #statement: BoundStatement;
  readonly #options: ExtendedQueryOptions;
  readonly #rows: (string | null)[][] = [];
  readonly #settle: PromiseWithResolvers<RawResult>;
  #fields: readonly FieldDef[] | undefined;
  #commandTag = '';
  #wireBytes = 0;
  #largestRowBytes = 0;

  constructor(statement: BoundStatement, options: ExtendedQueryOptions) {
    this.#statement = statement;
    this.#options = options;
    this.#settle = Promise.withResolvers();
    this.result = this.#settle.promise;
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    const { text, types, values } = this.#statement;
    wire.stream.cork?.();
    if (this.#options.alreadyParsed !== true) wire.parse({ name: '', text, types });
    wire.bind({ portal: '', statement: '', values });
    wire.describe({ type: 'P', name: '' });
    wire.execute({ portal: '', rows: 0 });
    wire.sync();
    wire.stream.uncork?.();
  }

  handleRowDescription({ fields }: RowDescription): void {
    this.#fields = fields;
  }

  handleDataRow({ fields, length }: DataRow): void {
    const bytes = length - LENGTH_BYTES;
    this.#wireBytes += bytes;
    this.#largestRowBytes = Math.max(this.#largestRowBytes, bytes);
    if (this.#wireBytes <= this.#options.maxResultBytes) this.#rows.push(fields);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#commandTag = text;
  }

  /** A function that starts COPY behind our back would hang the connection. */
  handleCopyInResponse(connection: { sendCopyFail(message: string): void }): void {
    connection.sendCopyFail('COPY from the client is not supported');
  }

  handleReadyForQuery(): void {
    this.#settle.resolve({
      ...(this.#fields && { fields: this.#fields }),
      rows: this.#rows,
      commandTag: this.#commandTag,
      wireBytes: this.#wireBytes,
      largestRowBytes: this.#largestRowBytes,
    });
  }

  handleError(error: Error): void {
    this.#settle.reject(error);
  }

  handleEmptyQuery(): void {
    this.#commandTag = '';
  }

  handleCopyData(): void {
    // COPY to the client is refused before it is sent.
  }

  handlePortalSuspended(): void {
    // Only sent for a row limit, which is never asked for.
  }
}
