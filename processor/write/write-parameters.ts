import { createHash } from 'node:crypto';
import type { EncodedEvent, EncodedItem, ItemEncoding } from '../project/project-items.ts';
import type { Chunk } from '../plan-chunks.ts';
import type { RowLists, RowReader } from '../project/row-lists.ts';
import type { ParameterValue } from '../../data-api/statement-body.ts';
import { CLOSE_PARAMETERS, WRITE_PARAMETERS } from '../write-parameter-names.ts';
import { payloadBytes } from '../decode/item.ts';
import { countByReason } from '../decode/skip.ts';

/** What the parameters of every chunk of a batch share. */
export interface WriteContext extends ItemEncoding {
  readonly functionName: string;
  /** First record of the batch: tells which writes are of one batch. */
  readonly batchSequenceNumber: string | undefined;
  /** Number of tables that events give rows for. */
  readonly tableCount: number;
  /** Tables that refuse a row whose key is there already. */
  readonly refusingTables?: readonly string[];
  /** The rows of the whole batch. */
  readonly rows: RowLists;
  /** Where earlier items are not written yet, the last one that has none of them before it. */
  readonly covered?: Pick<EncodedItem, 'origin'> | undefined;
  /** Whether the framework's ledger is written: it needs the event ids as a parameter of their own. */
  readonly frameworkLedger: boolean;
}

/** The parameters of the compiled write for one chunk. */
export function writeParameters(
  chunk: Chunk<EncodedItem>,
  context: Omit<WriteContext, 'rows'> & { readonly rows: RowReader },
): Record<string, ParameterValue> {
  const rejections = chunk.filter((item) => item.kind === 'rejection');
  const parameters: Record<string, ParameterValue> = {
    [WRITE_PARAMETERS.functionName]: context.functionName,
    [WRITE_PARAMETERS.log]: logEntry(chunk, context),
  };
  if (rejections.length > 0) parameters[WRITE_PARAMETERS.quarantine] = jsonArray(rejections.map(({ row }) => row));
  const rowsOf = rowReader(chunk, context.rows);
  if (context.frameworkLedger) parameters[WRITE_PARAMETERS.events] = rowsOf(context.tableCount);
  for (let table = 0; table < context.tableCount; table += 1) {
    parameters[WRITE_PARAMETERS.rows(table)] = rowsOf(table);
  }
  return parameters;
}

/** The parameters of the statement that closes entries without an event id, for events that are in effect. */
export function closeParameters(
  events: readonly EncodedEvent[],
  { functionName }: Pick<WriteContext, 'functionName'>,
): Record<string, string> {
  // A payload shared with other events identifies no entry.
  const known = events.filter(({ origin }) => origin.part !== 'shared');
  const hashes = known.map(({ origin }) => createHash('sha256').update(payloadBytes(origin)).digest('base64'));
  return {
    [WRITE_PARAMETERS.functionName]: functionName,
    [CLOSE_PARAMETERS.payloadHashes]: JSON.stringify(hashes),
  };
}

function jsonArray(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}

/** A chunk is a stretch of the batch, in which rejected items have no rows. */
function rowReader(chunk: Chunk<EncodedItem>, rows: RowReader): (list: number) => ParameterValue {
  const [first, last] = [chunk.find(isEvent), chunk.findLast(isEvent)];
  return (list) => (first === undefined || last === undefined ? '[]' : rows.read(list, first.n, last.n));
}

function isEvent(item: EncodedItem): item is EncodedEvent {
  return item.kind === 'event';
}

function logEntry(
  chunk: Chunk<EncodedItem>,
  {
    shardId,
    codeVersion,
    batchSequenceNumber,
    covered,
  }: Pick<WriteContext, 'shardId' | 'codeVersion' | 'batchSequenceNumber' | 'covered'>,
): string {
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
  const skipped = chunk.filter((item) => item.kind === 'skip');
  return JSON.stringify([
    shardId,
    logged(chunk[0], covered),
    logged(chunk.at(-1), covered),
    oldest,
    newest,
    records,
    chunk.length - skipped.length,
    codeVersion,
    batchSequenceNumber,
    ...(skipped.length > 0 ? [skipped.length, countByReason(skipped)] : []),
  ]);
}

/** What the log says of a stretch must not reach beyond a record that is not committed: positions are read from it. */
function logged(item: EncodedItem | undefined, covered: WriteContext['covered']): string | undefined {
  const isBeyond = covered !== undefined && item !== undefined && item.origin.recordIndex > covered.origin.recordIndex;
  return (isBeyond ? covered : item)?.origin.sequenceNumber;
}
