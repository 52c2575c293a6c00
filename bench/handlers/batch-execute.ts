import { BatchExecuteStatementCommand, ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import {
  COUNT_FLIGHT,
  counterParameters,
  flightParameters,
  INSERT_FLIGHT,
  openDatabase,
  parseFlight,
  toPlaces,
} from './flight-statements.ts';

const { client, database } = openDatabase();

const SELECT_ALL_AIRPORTS = `SELECT iata, city, state FROM airports WHERE iata = ANY(string_to_array(:codes, ','))`;

/** A batch in three calls: one lookup for all its airports, then one `BatchExecuteStatement` per table, at the same time. */
export async function handler({ Records: records }: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> {
  const flights = records.map(({ kinesis }) => parseFlight(kinesis.data));
  const codes = new Set(flights.flatMap(({ origin, destination }) => [origin, destination]));
  const { records: rows } = await client.send(
    new ExecuteStatementCommand({
      ...database,
      sql: SELECT_ALL_AIRPORTS,
      parameters: [{ name: 'codes', value: { stringValue: [...codes].join(',') } }],
    }),
  );
  const places = toPlaces(rows);
  const statements = [
    { sql: INSERT_FLIGHT, parameterSets: flights.map((flight) => flightParameters(flight, places)) },
    { sql: COUNT_FLIGHT, parameterSets: flights.map(counterParameters) },
  ];
  // The two tables do not wait for each other.
  await Promise.all(
    statements.map((statement) => client.send(new BatchExecuteStatementCommand({ ...database, ...statement }))),
  );
  return { batchItemFailures: [] };
}
