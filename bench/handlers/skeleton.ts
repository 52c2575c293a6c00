import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import middy from '@middy/core';

const client = new RDSDataClient({});

/** The least a function of this kind can be: middy, Powertools logger and metrics, one Data API command. */
export const handler = middy(async () => {
  await client.send(new ExecuteStatementCommand({ resourceArn: '', secretArn: '', sql: 'SELECT 1' }));
})
  .use(injectLambdaContext(new Logger()))
  .use(logMetrics(new Metrics({ namespace: 'bench' })));
