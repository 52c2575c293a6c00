import { WRITE_PARAMETERS } from './compile-write.ts';
import type { EncodedItem } from './encoded-item.ts';
import type { Chunk } from './plan-chunks.ts';

/** What the parameters of every chunk of a batch share. */
export interface WriteContext {
  readonly functionName: string;
  readonly shardId: string;
  readonly codeVersion: string;
  /** Number of tables of the projection. */
  readonly tableCount: number;
  /** Whether the framework's ledger is written: it needs the event ids as a parameter of their own. */
  readonly frameworkLedger: boolean;
}

/**
 * Joins the texts of a chunk's items to the parameters of the compiled write.
 *
 * @returns parameter name to value; every parameter is a string
 */
export function writeParameters(chunk: Chunk<EncodedItem>, context: WriteContext): Record<string, string> {
  const events = chunk.filter((item) => item.kind === 'event');
  const rejections = chunk.filter((item) => item.kind === 'rejection');
  const parameters: Record<string, string> = {
    [WRITE_PARAMETERS.functionName]: context.functionName,
    [WRITE_PARAMETERS.quarantine]: jsonArray(rejections.map(({ row }) => row)),
    [WRITE_PARAMETERS.log]: logEntry(chunk, context),
  };
  if (context.frameworkLedger) parameters[WRITE_PARAMETERS.events] = jsonArray(events.map(({ idRow }) => idRow));
  for (let index = 0; index < context.tableCount; index += 1) {
    parameters[WRITE_PARAMETERS.rows(index)] = jsonArray(events.map(({ rows }) => rows[index] ?? ''));
  }
  return parameters;
}

function jsonArray(texts: readonly string[]): string {
  return `[${texts.filter((text) => text !== '').join(',')}]`;
}

function logEntry(chunk: Chunk<EncodedItem>, { shardId, codeVersion }: WriteContext): string {
  let oldest = Infinity;
  let newest = -Infinity;
  let records = 0;
  let recordIndex = -1;
  for (const { origin } of chunk) {
    oldest = Math.min(oldest, origin.arrivedAtMs);
    newest = Math.max(newest, origin.arrivedAtMs);
    if (origin.recordIndex !== recordIndex) records += 1;
    recordIndex = origin.recordIndex;
  }
  return JSON.stringify([
    shardId,
    chunk[0]?.origin.sequenceNumber,
    chunk.at(-1)?.origin.sequenceNumber,
    oldest,
    newest,
    records,
    chunk.length,
    codeVersion,
  ]);
}
