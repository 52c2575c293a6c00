import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import type { KinesisStreamHandler, KinesisStreamRecord } from 'aws-lambda';
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
const processor = new BatchProcessor(EventType.KinesisDataStreams);

async function recordHandler({ kinesis }: KinesisStreamRecord): Promise<void> {
  const flight = parseFlight(kinesis.data);
  const { records } = await client.send(
    new ExecuteStatementCommand({ ...database, sql: SELECT_AIRPORTS, parameters: airportParameters(flight) }),
  );
  const parameters = flightParameters(flight, toPlaces(records));
  await client.send(new ExecuteStatementCommand({ ...database, sql: INSERT_FLIGHT, parameters }));
  await client.send(
    new ExecuteStatementCommand({ ...database, sql: COUNT_FLIGHT, parameters: counterParameters(flight) }),
  );
}

/** As the Powertools documentation has it: a function per record, and all records of a batch at the same time. */
export const handler: KinesisStreamHandler = async (event, context) => {
  const response = await processPartialResponse(event, recordHandler, processor, { context });
  // The processor keeps to itself why records failed.
  for (const { name, message } of processor.errors.slice(0, 1)) console.error(`${name}: ${message}`);
  return response;
};
