import { Logger } from '@aws-lambda-powertools/logger';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import type { Context } from 'aws-lambda';
import { pruneEnvironment } from '../../contract/environment.ts';
import { pruneTables } from './prune-tables.ts';

const environment = pruneEnvironment.parse(process.env);
const logger = new Logger({ serviceName: environment.functionName });
const clientOptions = { maxAttempts: 3, requestHandler: { requestTimeout: 50_000 } };
const kinesis = new KinesisClient(clientOptions);
const dataApi = new RDSDataClient(clientOptions);

/** Runs every hour: deletes rows of the framework's tables that nothing can need any more. */
export async function handler(_input: unknown, context: Context): Promise<void> {
  const remainingMs = (): number => context.getRemainingTimeInMillis();
  const report = await pruneTables({ kinesis, dataApi, environment, remainingMs });
  logger.info('pruned', { ...report });
}
