import type { LookupRequest, LookupResult, LookupSource, ReferenceRow } from '../../processor/ports.ts';

/** A reference table in memory; `failure` is asked before each call, which are counted from 1. */
export class FakeLookupSource implements LookupSource {
  readonly requests: Readonly<Record<string, readonly string[]>>[] = [];
  readonly #rows: ReadonlyMap<string, ReferenceRow>;
  readonly #failure: (call: number) => Error | undefined;

  constructor(
    rows: Readonly<Record<string, ReferenceRow>>,
    failure: (call: number) => Error | undefined = () => undefined,
  ) {
    this.#rows = new Map(Object.entries(rows));
    this.#failure = failure;
  }

  read(request: LookupRequest): Promise<LookupResult> {
    this.requests.push(Object.fromEntries(request));
    const error = this.#failure(this.requests.length);
    if (error !== undefined) return Promise.reject(error);
    const found = [...request].map(([name, keys]) => [name, this.#find(keys)] as const);
    return Promise.resolve(new Map(found));
  }

  #find(keys: readonly string[]): ReadonlyMap<string, ReferenceRow> {
    return new Map(keys.flatMap((key) => [...this.#rows].filter(([name]) => name === key)));
  }
}
