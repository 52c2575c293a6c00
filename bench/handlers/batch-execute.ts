import type { SqlParameter } from '@aws-sdk/client-rds-data';
import { BatchExecuteStatementCommand, ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import type { Flight } from './flight-statements.ts';
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

/** What fits into a request of 4 MiB with room to spare. */
const MAX_SETS = 1_000;

/** A batch in one lookup for all its airports, then `BatchExecuteStatement` per table, both tables at the same time. */
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
  // The two tables do not wait for each other.
  await Promise.all([
    execute(INSERT_FLIGHT, flights, (flight) => flightParameters(flight, places)),
    execute(COUNT_FLIGHT, flights, counterParameters),
  ]);
  return { batchItemFailures: [] };
}

async function execute(
  sql: string,
  flights: readonly Flight[],
  parametersOf: (flight: Flight) => SqlParameter[],
): Promise<void> {
  for (let start = 0; start < flights.length; start += MAX_SETS) {
    const parameterSets = flights.slice(start, start + MAX_SETS).map(parametersOf);
    await client.send(new BatchExecuteStatementCommand({ ...database, sql, parameterSets }));
  }
}
