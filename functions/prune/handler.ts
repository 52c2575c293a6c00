import { Logger } from '@aws-lambda-powertools/logger';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import type { Context } from 'aws-lambda';
import { pruneEnvironment } from '../../contract/maintenance-environment.ts';
import { createPatientExecute } from '../../data-api/retry-transient.ts';
import { PATIENCE, pruneTables } from './prune-tables.ts';

const environment = pruneEnvironment.parse(process.env);
const logger = new Logger({ serviceName: environment.functionName });
const kinesis = new KinesisClient({ maxAttempts: 3, requestHandler: { requestTimeout: 10_000 } });
const execute = createPatientExecute({ client: new RDSDataClient({ maxAttempts: 1 }), ...environment }, PATIENCE);

/** Runs every hour: deletes rows of the framework's tables that nothing can need any more. */
export async function handler(_input: unknown, context: Context): Promise<void> {
  const remainingMs = (): number => context.getRemainingTimeInMillis();
  const report = await pruneTables({ kinesis, execute, environment, remainingMs, now: () => Date.now() });
  logger.info('pruned', { ...report });
}
