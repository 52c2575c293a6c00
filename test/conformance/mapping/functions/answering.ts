/**
 * A function that answers what its records ask it to answer, to find out what the mapping makes of it.
 *
 * @module
 */
interface KinesisEvent {
  readonly Records: readonly {
    readonly kinesis: { readonly data: string; readonly sequenceNumber: string };
  }[];
}

/** What the first record asks for: an answer, in which SELF stands for its sequence number, or an error. */
export const handler = (event: KinesisEvent): Promise<unknown> => {
  const [record] = event.Records;
  if (record === undefined) throw new Error('a batch is never empty');
  const { data, sequenceNumber } = record.kinesis;
  const wish = Buffer.from(data, 'base64').toString();
  if (wish === 'throw') throw new Error('as asked');
  if (wish === 'undefined') return Promise.resolve(undefined);
  return Promise.resolve(JSON.parse(wish.replaceAll('SELF', sequenceNumber)));
};
