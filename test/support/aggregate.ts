import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

/** One user record that goes into an aggregate. */
export interface UserRecord {
  readonly partitionKey: string;
  readonly data: string | Buffer;
}

interface Aggregator {
  addUserRecord(record: UserRecord): void;
  build(): { readonly data: Buffer };
}

// The package's own types lack the class that its documentation describes.
const { RecordAggregator } = createRequire(import.meta.url)('aws-kinesis-agg') as {
  RecordAggregator: new () => Aggregator;
};

/** Packs user records as a producer does, with the independent `aws-kinesis-agg` package. */
export function aggregate(records: readonly UserRecord[]): Buffer {
  const aggregator = new RecordAggregator();
  for (const record of records) aggregator.addUserRecord({ ...record });
  return aggregator.build().data;
}

/** Puts the magic number before a body and its MD5 behind, whatever the body holds. */
export function sealAggregate(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), body, createHash('md5').update(body).digest()]);
}
