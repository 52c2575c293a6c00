import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/** A secret and, when it is not the account's own, the key it is encrypted with. */
export interface SecretAccess {
  readonly secretArn: string;
  readonly key: IKey | undefined;
}

/** What of the Data API a function calls. */
export interface DataApiAccess extends SecretAccess {
  readonly clusterArn: string;
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
    ...allowSecret(access),
  ];
}

/** Reading one secret. */
export function allowSecret({ secretArn, key }: SecretAccess): readonly PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] }),
    ...allowDecrypt(key),
  ];
}

/** Reading what a customer-managed key encrypts; the keys of AWS itself need no permission. */
export function allowDecrypt(key: IKey | undefined): readonly PolicyStatement[] {
  return key === undefined ? [] : [new PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] })];
}

/** Reading a stream. */
export function allowReadStream(streamArn: string, key: IKey | undefined): readonly PolicyStatement[] {
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
    ...allowDecrypt(key),
  ];
}
