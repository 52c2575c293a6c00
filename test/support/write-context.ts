import type { EncodedItem } from '../../processor/project/project-items.ts';
import type { WriteContext } from '../../processor/write/write-parameters.ts';
import { encodedRows } from './encoded-event.ts';

/** What the chunks of a batch of a test's items share: one table, beside the framework's ledger. */
export function writeContext(items: readonly EncodedItem[], rest: Partial<WriteContext> = {}): WriteContext {
  return {
    functionName: 'f',
    shardId: 's',
    codeVersion: 'v',
    maxItemBytes: 1_000_000,
    batchSequenceNumber: items[0]?.origin.sequenceNumber,
    tableCount: 1,
    rows: encodedRows(items),
    frameworkLedger: true,
    ...rest,
  };
}
