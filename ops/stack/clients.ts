import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { RDSDataClient } from '@aws-sdk/client-rds-data';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { SNSClient } from '@aws-sdk/client-sns';
import { noteCalls } from './called-operation.ts';

/** The clients of AWS that operator commands use. */
export interface ClientByService {
  readonly cloudFormation: CloudFormationClient;
  readonly cloudWatch: CloudWatchClient;
  readonly kinesis: KinesisClient;
  readonly lambda: LambdaClient;
  readonly rds: RDSClient;
  /** Does not retry by itself: who calls owns the policy, and a statement sent twice may run twice. */
  readonly rdsData: RDSDataClient;
  readonly s3: S3Client;
  readonly scheduler: SchedulerClient;
  readonly sns: SNSClient;
}

/** Name of a service. */
export type Service = keyof ClientByService;

/** Where a client calls, and as whom; empty for AWS, with what the SDK finds by itself. */
export interface ClientConfiguration {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Each client is loaded when it is needed: together they take seconds. */
const LOADERS: {
  readonly [S in Service]: (configuration: ClientConfiguration) => Promise<ClientByService[S]>;
} = {
  cloudFormation: async (configuration) =>
    new (await import('@aws-sdk/client-cloudformation')).CloudFormationClient(configuration),
  cloudWatch: async (configuration) => new (await import('@aws-sdk/client-cloudwatch')).CloudWatchClient(configuration),
  kinesis: async (configuration) => {
    const [{ KinesisClient }, { NodeHttpHandler }] = await Promise.all([
      import('@aws-sdk/client-kinesis'),
      import('@smithy/node-http-handler'),
    ]);
    // HTTP/1.1 does for what a command sends, and it is what local emulators speak.
    return new KinesisClient({ ...configuration, requestHandler: new NodeHttpHandler() });
  },
  lambda: async (configuration) => new (await import('@aws-sdk/client-lambda')).LambdaClient(configuration),
  rds: async (configuration) => new (await import('@aws-sdk/client-rds')).RDSClient(configuration),
  rdsData: async (configuration) =>
    new (await import('@aws-sdk/client-rds-data')).RDSDataClient({ ...configuration, maxAttempts: 1 }),
  s3: async (configuration) =>
    // Where there is an endpoint, a bucket has no host name.
    new (await import('@aws-sdk/client-s3')).S3Client({
      ...configuration,
      forcePathStyle: configuration.endpoint !== undefined,
    }),
  scheduler: async (configuration) => new (await import('@aws-sdk/client-scheduler')).SchedulerClient(configuration),
  sns: async (configuration) => new (await import('@aws-sdk/client-sns')).SNSClient(configuration),
};

/** The clients of one command: each is made once, when it is first asked for, and ended with the command. */
export class Clients implements Disposable {
  readonly #configurationOf: (service: Service) => ClientConfiguration;
  readonly #made = new Map<Service, Promise<ClientByService[Service]>>();

  /**
   * Makes no client yet.
   *
   * @param configurationOf where each service is
   */
  constructor(configurationOf: (service: Service) => ClientConfiguration) {
    this.#configurationOf = configurationOf;
  }

  /** The client of a service; the same one each time. */
  get<S extends Service>(service: S): Promise<ClientByService[S]> {
    const made = this.#made.get(service) ?? this.#make(service);
    this.#made.set(service, made);
    return made as Promise<ClientByService[S]>;
  }

  [Symbol.dispose](): void {
    for (const made of this.#made.values()) {
      void made.then(
        (client) => {
          client.destroy();
        },
        () => undefined,
      );
    }
  }

  async #make(service: Service): Promise<ClientByService[Service]> {
    const client = await LOADERS[service](this.#configurationOf(service));
    noteCalls(client);
    return client;
  }
}
