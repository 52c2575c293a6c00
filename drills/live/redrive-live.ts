import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { createPatientExecute } from '../../data-api/retry-transient.ts';
import { putRecords } from '../../kinesis/put-records.ts';
import type { LiveDeployment } from '../../local/live/live-deployment.ts';
import { LOCAL_CREDENTIALS } from '../../local/local-credentials.ts';
import { createQuarantineSource } from '../../ops/redrive/quarantine-source.ts';
import { redrive, type RedriveReport } from '../../ops/redrive/redrive.ts';

/**
 * Puts everything in the quarantine back on the stream, as an operator does it.
 *
 * @param client of the Kinesis emulator
 */
export async function redriveLive(
  { dataApi, streamArn }: LiveDeployment,
  client: KinesisClient,
): Promise<RedriveReport> {
  const { endpoint, region, resourceArn: clusterArn, secretArn, database } = dataApi;
  const dataClient = new RDSDataClient({ endpoint, region, credentials: LOCAL_CREDENTIALS, maxAttempts: 1 });
  try {
    const connection = { client: dataClient, clusterArn, secretArn, database };
    const execute = createPatientExecute(connection, { timeoutMs: 10_000, maxWaitMs: 10_000 });
    const target = { client, stream: { StreamARN: streamArn } };
    return await redrive(
      createQuarantineSource(execute, {}),
      { put: (records) => putRecords(target, records) },
      {
        isApplied: true,
        ratePerSecond: 500,
        limit: 10_000,
        signal: new AbortController().signal,
        sleep: () => Promise.resolve(),
        onItems: () => undefined,
      },
    );
  } finally {
    dataClient.destroy();
  }
}
