import { DEFAULT_ENVIRONMENT, processorEnvironment, type ProcessorEnvironment } from '../../../contract/environment.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import { SECRETS, type DeployedWorld } from './deployed-world.ts';

/** A flight between two airports of {@link AIRPORTS}. */
export const FLIGHT = { date: '2001/01/31 23:59', delay: 14, distance: 405, origin: 'DTW', destination: 'SLC' };

/** SQL for the reference rows of flights. */
export const AIRPORTS = `INSERT INTO airports
  SELECT code, code, code, 'MI', 'USA', 0, 0 FROM unnest(ARRAY['DTW', 'SLC']) AS code`;

/** What is written, and by what. */
export interface FlightsBatch {
  readonly database: string;
  readonly flights: readonly unknown[];
  readonly settings?: Partial<ProcessorEnvironment>;
  /** Place of the first record in the stream. @defaultValue 0 */
  readonly firstIndex?: number;
  /** Folder of the processor's bundle. @defaultValue that of the world */
  readonly folder?: string;
}

/** Has the deployed processor work on one batch, and returns its answer. */
export async function writeFlights(world: DeployedWorld, batch: FlightsBatch): Promise<unknown> {
  const environment = processorEnvironment.encode({
    ...DEFAULT_ENVIRONMENT,
    ...batch.settings,
    clusterArn: world.server.resourceArn,
    secretArn: SECRETS.processor.arn,
    database: batch.database,
  });
  const { firstIndex = 0 } = batch;
  const Records = batch.flights.map((data, index) => kinesisRecord({ data, index: firstIndex + index }));
  return (await world.invoke(batch.folder ?? world.code.processor.folder, environment, { Records })).answer;
}
