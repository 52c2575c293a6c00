import { Validations, type Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnStream } from 'aws-cdk-lib/aws-kinesis';
import { Stream, StreamConsumer, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { Key, type IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { ResolvedProps } from '../props/resolve-props.ts';
import { allowReadStream } from './grants.ts';

/** The settings of a stream, with the key and the removal policy of the stack. */
export interface EventStreamProps {
  readonly settings: ResolvedProps;
  readonly key: IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** The stream that is read, made here or there already, and how it is read. */
export class EventStream extends Construct {
  readonly streamArn: string;
  readonly streamName: string;
  /** Key of the stream when it is a customer-managed one. */
  readonly key: IKey | undefined;
  /** What the event source mapping reads: the stream, or a consumer with throughput of its own. */
  readonly eventSourceArn: string;
  readonly retention: Duration;
  private readonly consumer: StreamConsumer | undefined;

  constructor(scope: Construct, id: string, props: EventStreamProps) {
    super(scope, id);
    const { settings } = props;
    const stream =
      settings.existingStreamArn === undefined
        ? this.createStream(props)
        : Stream.fromStreamArn(this, 'Stream', settings.existingStreamArn);
    this.retention = settings.streamRetention;
    this.key = this.keyOf(props);
    this.streamArn = stream.streamArn;
    this.streamName = stream.streamName;
    if (settings.enhancedFanOut) {
      this.consumer = new StreamConsumer(this, 'Consumer', {
        stream,
        streamConsumerName: `${settings.functionName}-processor`,
      });
    }
    this.eventSourceArn = this.consumer?.streamConsumerArn ?? this.streamArn;
  }

  /** What Lambda's poller does with the stream in the name of the function. */
  pollStatements(): readonly PolicyStatement[] {
    const read = [
      new PolicyStatement({ actions: ['kinesis:DescribeStream'], resources: [this.streamArn] }),
      ...allowReadStream(this.streamArn, this.key),
    ];
    if (this.consumer === undefined) return read;
    const subscribe = new PolicyStatement({
      actions: ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'],
      resources: [this.consumer.streamConsumerArn],
    });
    return [...read, subscribe];
  }

  private createStream({ settings, key, removalPolicy }: EventStreamProps): Stream {
    const customerManaged = settings.streamEncryption === 'customer-managed';
    const stream = new Stream(this, 'Stream', {
      retentionPeriod: settings.streamRetention,
      removalPolicy,
      ...(settings.streamMode === 'on-demand'
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: settings.shardCount }),
      ...(customerManaged
        ? { encryption: StreamEncryption.KMS, encryptionKey: key }
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

  private keyOf({ settings, key }: EventStreamProps): IKey | undefined {
    const { existingStreamArn, existingStreamKeyArn, streamEncryption } = settings;
    if (existingStreamArn === undefined) return streamEncryption === 'customer-managed' ? key : undefined;
    return existingStreamKeyArn === undefined ? undefined : Key.fromKeyArn(this, 'Key', existingStreamKeyArn);
  }
}
