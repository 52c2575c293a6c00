/** What the function answers the mapping: nothing, or the one record to deliver again first. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Builds the answer from the commit position, never from collected errors: an empty list means that every record is
 * committed, so no error path can produce one by accident.
 *
 * One identifier is enough: the mapping resumes at the lowest it is given.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html}
 *
 * @param sequenceNumbers of the batch's records, in order
 * @param committedRecords how many records from the front are committed
 * @throws RangeError when more records are committed than there are
 */
export function batchResponse(sequenceNumbers: readonly string[], committedRecords: number): BatchResponse {
  if (committedRecords > sequenceNumbers.length) {
    throw new RangeError(`${committedRecords} records committed of ${sequenceNumbers.length}`);
  }
  const firstUncommitted = sequenceNumbers[committedRecords];
  return {
    batchItemFailures: firstUncommitted === undefined ? [] : [{ itemIdentifier: firstUncommitted }],
  };
}
