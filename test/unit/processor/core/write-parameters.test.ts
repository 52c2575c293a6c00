import { describe, expect, it } from 'vitest';
import { writeParameters } from '../../../../processor/core/write-parameters.ts';
import { encodedEvent, encodedRejection } from '../../../support/encoded-event.ts';
import { sequenceNumber } from '../../../support/kinesis-record.ts';

const context = { functionName: 'f', shardId: 's', codeVersion: 'v', tableCount: 1, frameworkLedger: true };

describe('the parameters of a chunk', () => {
  it('hold events, rows, quarantine and log as JSON', () => {
    const rejection = encodedRejection(1);
    const parameters = writeParameters([encodedEvent(0), rejection, encodedEvent(2)], context);
    expect(Object.keys(parameters).toSorted()).toEqual(['events', 'function_name', 'log', 'quarantine', 'rows_0']);
    expect(parameters['function_name']).toBe('f');
    expect(JSON.parse(parameters['events']!)).toEqual([
      [0, 'event-0'],
      [2, 'event-2'],
    ]);
    expect(JSON.parse(parameters['rows_0']!)).toHaveLength(2);
    expect(parameters['quarantine']).toBe(`[${rejection.row}]`);
    const log: unknown = JSON.parse(parameters['log']!);
    expect(log).toEqual(['s', sequenceNumber(0), sequenceNumber(2), 1_000_000_000_000, 1_000_000_000_002, 3, 3, 'v']);
  });

  it('count a record once however many of its events are in the chunk', () => {
    const events = [0, 1, 2].map((n) => encodedEvent(n, { recordIndex: 5, subSequenceNumber: n }));
    const log = JSON.parse(writeParameters(events, context)['log']!) as unknown[];
    expect(log.slice(5, 7)).toEqual([1, 3]);
  });

  it('leave the events out when a table of the projection is the ledger', () => {
    expect(writeParameters([encodedEvent(0)], { ...context, frameworkLedger: false })).not.toHaveProperty('events');
  });

  it('are valid for every table, also without rows', () => {
    const parameters = writeParameters([encodedRejection(0)], { ...context, tableCount: 2 });
    expect([parameters['events'], parameters['rows_0'], parameters['rows_1']]).toEqual(['[]', '[]', '[]']);
  });
});
