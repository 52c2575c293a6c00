import { describe, expect, it } from 'vitest';
import type { EncodedItem } from '../../../../processor/project/project-items.ts';
import { RowLists } from '../../../../processor/project/row-lists.ts';
import type { WriteContext } from '../../../../processor/write/write-parameters.ts';
import { parameterText } from '../../../../data-api/statement-body.ts';
import { writeParameters } from '../../../../processor/write/write-parameters.ts';
import { encodedEvent, encodedRejection } from '../../../support/encoded-event.ts';
import { sequenceNumber } from '../../../support/kinesis-record.ts';
import { writeContext } from '../../../support/write-context.ts';

/** The parameters of a whole batch, or of a stretch of it, as texts. */
function parametersOf(items: readonly EncodedItem[], rest: Partial<WriteContext> = {}, stretch = items) {
  const parameters = Object.entries(writeParameters(stretch, writeContext(items, rest)));
  return Object.fromEntries(parameters.map(([name, value]) => [name, parameterText(value)]));
}

describe('the parameters of a chunk', () => {
  it('hold events, rows, quarantine and log as JSON', () => {
    const rejection = encodedRejection(1);
    const parameters = parametersOf([encodedEvent(0), rejection, encodedEvent(2)]);
    expect(Object.keys(parameters).toSorted()).toEqual(['events', 'function_name', 'log', 'quarantine', 'rows_0']);
    expect(parameters['function_name']).toBe('f');
    expect(parameters['events']).toBe('[[0,"event-0"],[2,"event-2"]]');
    expect(parameters['rows_0']).toBe('[[0,"event-0"],[2,"event-2"]]');
    expect(parameters['quarantine']).toBe(`[${rejection.row}]`);
    const log: unknown = JSON.parse(parameters['log']!);
    expect(log).toEqual([
      's',
      sequenceNumber(0),
      sequenceNumber(2),
      1_000_000_000_000,
      1_000_000_000_002,
      3,
      3,
      'v',
      sequenceNumber(0),
    ]);
  });

  it('hold the rows of its own stretch of the batch, and of nothing around it', () => {
    const items = [0, 1, 2, 3, 4, 5].map((n) => (n === 2 ? encodedRejection(n) : encodedEvent(n)));
    const rowsOf = (from: number, to: number) => parametersOf(items, {}, items.slice(from, to))['rows_0'];
    expect(rowsOf(0, 2)).toBe('[[0,"event-0"],[1,"event-1"]]');
    expect(rowsOf(1, 4)).toBe('[[1,"event-1"],[3,"event-3"]]');
    expect(rowsOf(2, 3)).toBe('[]');
    expect(rowsOf(5, 6)).toBe('[[5,"event-5"]]');
  });

  it('count a record once however many of its events are in the chunk', () => {
    const events = [0, 1, 2].map((n) => encodedEvent(n, { recordIndex: 5, subSequenceNumber: n }));
    const log = JSON.parse(parametersOf(events)['log']!) as unknown[];
    expect(log.slice(5, 7)).toEqual([1, 3]);
  });

  it('leave the events out when a table of the projection is the ledger', () => {
    expect(parametersOf([encodedEvent(0)], { frameworkLedger: false })).not.toHaveProperty('events');
  });

  it('are valid for every table, also without rows', () => {
    const empty = new RowLists(3, 2);
    empty.close(0);
    empty.close(1);
    for (const items of [[encodedRejection(0)], [encodedEvent(0), encodedEvent(1)]]) {
      const parameters = parametersOf(items, { tableCount: 2, rows: empty });
      expect([parameters['events'], parameters['rows_0'], parameters['rows_1']]).toEqual(['[]', '[]', '[]']);
    }
  });
});
