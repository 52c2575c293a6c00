import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import type { KinesisStreamEvent, KinesisStreamBatchResponse } from 'aws-lambda';
import {
  airportParameters,
  COUNT_FLIGHT,
  counterParameters,
  flightParameters,
  INSERT_FLIGHT,
  openDatabase,
  parseFlight,
  SELECT_AIRPORTS,
  toPlaces,
} from './flight-statements.ts';

const { client, database } = openDatabase();

/** The way the incident's consumer did it: event after event, each a lookup, an insert and a counter, one call each. */
export async function handler({ Records: records }: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> {
  for (const { kinesis } of records) {
    const flight = parseFlight(kinesis.data);
    const { records: rows } = await client.send(
      new ExecuteStatementCommand({ ...database, sql: SELECT_AIRPORTS, parameters: airportParameters(flight) }),
    );
    const parameters = flightParameters(flight, toPlaces(rows));
    await client.send(new ExecuteStatementCommand({ ...database, sql: INSERT_FLIGHT, parameters }));
    await client.send(
      new ExecuteStatementCommand({ ...database, sql: COUNT_FLIGHT, parameters: counterParameters(flight) }),
    );
  }
  return { batchItemFailures: [] };
}
