import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** What of the Data API a function calls, and as whom. */
export interface DataApiAccess {
  readonly clusterArn: string;
  readonly secret: ISecret;
  /** Statements only, or transactions around them too. */
  readonly transactions?: boolean;
}

const TRANSACTION_ACTIONS = ['BeginTransaction', 'CommitTransaction', 'RollbackTransaction'];

/** Statements on one cluster as one database user: the Data API reads the secret with the rights of its caller. */
export function allowDataApi(access: DataApiAccess): readonly PolicyStatement[] {
  const actions = ['ExecuteStatement', ...(access.transactions === true ? TRANSACTION_ACTIONS : [])];
  return [
    new PolicyStatement({
      actions: actions.map((action) => `rds-data:${action}`),
      resources: [access.clusterArn],
    }),
    ...allowSecret(access.secret),
  ];
}

/** Reading one secret. */
function allowSecret({ secretArn, encryptionKey }: ISecret): readonly PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] }),
    ...allowDecrypt(encryptionKey),
  ];
}

/** Reading one secret, and giving it a new version by rotation. */
export function allowRotation(secret: ISecret): readonly PolicyStatement[] {
  const { secretArn, encryptionKey } = secret;
  const actions = ['DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage'];
  const encrypt = { actions: ['kms:GenerateDataKey'], resources: [encryptionKey?.keyArn ?? ''] };
  return [
    ...allowSecret(secret),
    new PolicyStatement({ actions: actions.map((action) => `secretsmanager:${action}`), resources: [secretArn] }),
    ...(encryptionKey === undefined ? [] : [new PolicyStatement(encrypt)]),
  ];
}

/** Reading what a customer-managed key encrypts; the keys of AWS itself need no permission. */
function allowDecrypt(key: IKey | undefined): readonly PolicyStatement[] {
  return key === undefined ? [] : [new PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] })];
}

/** Writing to one log group, and making none: one that Lambda makes by itself is never deleted. */
export function allowLogging({ logGroupArn }: ILogGroup): PolicyStatement {
  return new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroupArn] });
}

/** Reading a stream. */
export function allowReadStream({ streamArn, encryptionKey }: IStream): readonly PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: [
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
      resources: [streamArn],
    }),
    ...allowDecrypt(encryptionKey),
  ];
}
