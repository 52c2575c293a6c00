import { createEventFilter } from '../../../../kinesis/filter/event-filter.ts';

/** Whether a filter lets a record with this content through; a string is the content as it stands. */
export function passesFilter(filter: Record<string, unknown>, content: unknown): boolean {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return createEventFilter([filter])({
    sequenceNumber: '1',
    partitionKey: 'ORD',
    data: Buffer.from(text).toString('base64'),
    approximateArrivalMs: 1_500,
  });
}
