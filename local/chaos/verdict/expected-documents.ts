/** An entry that the quarantine must have. */
export interface ExpectedEntry {
  readonly payload: string;
  readonly reason: string;
  readonly sqlState: string | null;
  /** Whether it was tried again by itself before it was open; undefined where either is right. */
  readonly hasWaited?: boolean | undefined;
}

/** The documents of a record, a line each. */
export function documentsOf(data: string): string[] {
  return data.split('\n');
}

/** Reads a document; `undefined` when it is no JSON object. */
export function readDocument(data: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(data);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** What is wanted by nobody, as it is on the stream; why, or nothing for another document. */
export function heartbeatOf(data: string): string | undefined {
  return /^\{"heartbeat":"([^"]*)"\}$/.exec(data)?.[1];
}
