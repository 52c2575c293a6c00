import { Validations, type RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnStream, IStream } from 'aws-cdk-lib/aws-kinesis';
import { Stream, StreamConsumer, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { ResolvedStreamOptions } from '../props/stream-options.ts';
import { allowReadStream } from './grants.ts';

/** The stream that is there already, or what a new one is like. */
export interface EventStreamProps extends ResolvedStreamOptions {
  readonly stream: IStream | undefined;
  readonly encryptionKey: IKey;
  readonly removalPolicy: RemovalPolicy;
  /** Reads through a consumer of this name, which has throughput of its own. */
  readonly consumerName: string | undefined;
}

/** The stream that is read, new or existing, and how it is read. */
export class EventStream extends Construct {
  readonly stream: IStream;
  /** What the event source mapping reads: the stream, or a consumer with throughput of its own. */
  readonly eventSourceArn: string;
  /** Name of that consumer. */
  readonly consumerName: string | undefined;
  private readonly consumer: StreamConsumer | undefined;

  constructor(scope: Construct, id: string, props: EventStreamProps) {
    super(scope, id);
    this.stream = props.stream ?? this.createStream(props);
    if (props.consumerName !== undefined) {
      this.consumer = new StreamConsumer(this, 'Consumer', {
        stream: this.stream,
        streamConsumerName: props.consumerName,
      });
    }
    this.consumerName = props.consumerName;
    this.eventSourceArn = this.consumer?.streamConsumerArn ?? this.stream.streamArn;
  }

  /** What Lambda's poller does with the stream in the name of the function. */
  pollStatements(): readonly PolicyStatement[] {
    const read = [
      new PolicyStatement({ actions: ['kinesis:DescribeStream'], resources: [this.stream.streamArn] }),
      ...allowReadStream(this.stream),
    ];
    if (this.consumer === undefined) return read;
    const subscribe = new PolicyStatement({
      actions: ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'],
      resources: [this.consumer.streamConsumerArn],
    });
    return [...read, subscribe];
  }

  private createStream(props: EventStreamProps): Stream {
    const customerManaged = props.streamEncryption === 'customer-managed';
    const stream = new Stream(this, 'Stream', {
      retentionPeriod: props.streamRetention,
      removalPolicy: props.removalPolicy,
      ...(props.streamMode === 'on-demand'
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: props.shardCount }),
      ...(customerManaged
        ? { encryption: StreamEncryption.KMS, encryptionKey: props.encryptionKey }
        : { encryption: StreamEncryption.MANAGED }),
    });
    if (customerManaged) {
      Validations.of(stream.node.defaultChild as CfnStream).acknowledge({
        id: 'AwsSolutions-KDS3',
        reason: 'the key of the stack is customer-managed and rotated; the rule knows only the key of AWS',
      });
    }
    return stream;
  }
}
