import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import type { GetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import { S3Client, type ListObjectsV2Command } from '@aws-sdk/client-s3';
import { TRY_WAITING_ENTRIES } from '../../contract/try-waiting-entries.ts';
import { MINUTE_MS } from '../timeline.ts';
import type { ConsumerModel } from './consumer-model.ts';
import type { Conditions } from './conditions.ts';
import type { Deployment } from '../deployment/deployment.ts';

/** The world at one moment, as a client asks it. */
export interface AskedWorld {
  readonly deployment: Deployment;
  readonly consumer: ConsumerModel;
  readonly conditions: Conditions;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Readonly<Record<string, unknown>>;
}

/** The clients of the watchdog, each answering from the world as it is when it is asked. */
export interface AnsweringClients {
  readonly kinesis: KinesisClient;
  readonly dataApi: RDSDataClient;
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
  readonly sns: SNSClient;
}

/** Makes clients that send nothing anywhere. */
export function answeringClients(world: () => AskedWorld): AnsweringClients {
  const kinesis = { send: async (command: Command) => Promise.resolve(askStream(world(), command)) };
  const dataApi = { send: async (command: ExecuteStatementCommand) => askDatabase(world(), command) };
  const lambda = { send: async (command: Command) => Promise.resolve(askLambda(world(), command)) };
  const sns = { send: async (command: GetTopicAttributesCommand) => Promise.resolve(askTopic(world(), command)) };
  // The paginator of the SDK takes nothing that is not one of its own clients.
  const s3 = new S3Client({ region: 'eu-west-1' });
  s3.send = ((command: ListObjectsV2Command) => Promise.resolve(askBucket(world(), command))) as S3Client['send'];
  return {
    kinesis: kinesis as unknown as KinesisClient,
    dataApi: dataApi as unknown as RDSDataClient,
    lambda: lambda as unknown as LambdaClient,
    sns: sns as unknown as SNSClient,
    s3,
  };
}

function refuse(name: string, message: string): never {
  throw Object.assign(new Error(message), { name });
}

function requireGrant({ deployment: { watchdog } }: AskedWorld, action: string): void {
  if (watchdog.denied.has(action)) refuse('AccessDeniedException', `not authorized to perform ${action}`);
}

interface Cursor {
  readonly shardId: string;
  readonly after: number;
  readonly fromMs: number;
}

function askStream(world: AskedWorld, { constructor: { name }, input }: Command): unknown {
  const call = name.replace('Command', '');
  requireGrant(world, `kinesis:${call}`);
  const { stream } = world.deployment;
  if (input['StreamARN'] !== stream.arn) refuse('ResourceNotFoundException', 'there is no such stream');
  switch (call) {
    case 'DescribeStreamSummary':
      return { StreamDescriptionSummary: { RetentionPeriodHours: stream.retentionHours } };
    case 'ListShards':
      return { Shards: world.consumer.shards.map(({ log: { shardId } }) => ({ ShardId: shardId })) };
    case 'GetShardIterator':
      return { ShardIterator: JSON.stringify(openCursor(world, input)) };
    case 'GetRecords':
      return readRecords(world, JSON.parse(String(input['ShardIterator'])) as Cursor);
    default:
      return refuse('UnknownOperationException', `${name} is not modelled`);
  }
}

function openCursor(world: AskedWorld, input: Command['input']): Cursor {
  const shardId = String(input['ShardId']);
  const horizonMs = world.nowMs - world.deployment.stream.retentionHours * 3_600_000;
  if (input['ShardIteratorType'] === 'AFTER_SEQUENCE_NUMBER') {
    const after = Number(input['StartingSequenceNumber']);
    const arrivalMs = world.consumer.logOf(shardId)?.arrivalOf(after);
    if (arrivalMs === undefined || arrivalMs < horizonMs)
      refuse('InvalidArgumentException', 'the sequence number is invalid');
    return { shardId, after, fromMs: horizonMs };
  }
  const timestamp = input['Timestamp'];
  return { shardId, after: 0, fromMs: timestamp instanceof Date ? timestamp.getTime() : horizonMs };
}

/** One record at a time, as the watchdog asks for. */
function readRecords({ consumer, conditions, deployment, nowMs }: AskedWorld, cursor: Cursor): unknown {
  const log = consumer.logOf(cursor.shardId);
  if (log === undefined) return refuse('ResourceNotFoundException', `there is no shard ${cursor.shardId}`);
  if (consumer.shards.findIndex((shard) => shard.log === log) < conditions.shardsRefused)
    return refuse('KMSAccessDeniedException', 'the key of the stream may not be used');
  const retentionMs = deployment.stream.retentionHours * 3_600_000;
  const next = (to: Partial<Cursor>): string => JSON.stringify({ ...cursor, ...to });
  if (conditions.shardsSilent) return { Records: [], MillisBehindLatest: 1_000, NextShardIterator: next({}) };
  const record = log.after(cursor.after, { horizonMs: Math.max(cursor.fromMs, nowMs - retentionMs), nowMs });
  if (record === undefined)
    return { Records: [], MillisBehindLatest: 0, ...(!log.closed && { NextShardIterator: next({}) }) };
  return {
    Records: [{ SequenceNumber: String(record.sequence), ApproximateArrivalTimestamp: new Date(record.arrivalMs) }],
    MillisBehindLatest: Math.max(1, nowMs - record.arrivalMs),
    NextShardIterator: next({ after: record.sequence }),
  };
}

async function askDatabase(world: AskedWorld, command: ExecuteStatementCommand): Promise<unknown> {
  requireGrant(world, 'rds-data:ExecuteStatement');
  requireGrant(world, 'secretsmanager:GetSecretValue');
  // An error that no waiting helps against: the watchdog's patience would take real seconds.
  if (!world.conditions.databaseAnswers) refuse('DatabaseUnavailable', 'the database does not answer');
  const { parameters = [] } = await bodyOf(command);
  const valueOf = (wanted: string): string | undefined =>
    parameters.find(({ name }) => name === wanted)?.value?.stringValue;
  const [shardIds, gapSeconds] = [valueOf('shard_ids'), valueOf('gap')];
  if (shardIds !== undefined) return { records: positionRows(world, JSON.parse(shardIds) as string[]) };
  return { records: gapSeconds === undefined ? quarantineRows(world) : heldRows(world, Number(gapSeconds)) };
}

interface StatementBody {
  readonly parameters?: readonly { readonly name: string; readonly value?: { readonly stringValue?: string } }[];
}

/** The command writes its body by itself, in a middleware; there is no network for it to pass here. */
async function bodyOf(command: ExecuteStatementCommand): Promise<StatementBody> {
  const request: { body?: Uint8Array } = {};
  const send = command.middlewareStack.resolve(() => Promise.resolve({ response: undefined, output: {} as never }), {});
  await send({ input: command.input, request } as never);
  return JSON.parse(Buffer.from(request.body ?? '{}').toString('utf8')) as StatementBody;
}

function positionRows({ consumer, nowMs }: AskedWorld, shardIds: readonly string[]): unknown {
  return shardIds.map((shardId) => {
    const { sequence, arrivalMs, slowestArrivalMs } = consumer.committedOf(shardId, nowMs);
    const number = (value: number | undefined): unknown =>
      value === undefined ? { isNull: true } : { longValue: Math.round(value) };
    return [
      { stringValue: shardId },
      sequence === undefined ? { isNull: true } : { stringValue: String(sequence) },
      number(arrivalMs),
      number(slowestArrivalMs),
      number(consumer.deployedAtMs),
    ];
  });
}

function heldRows({ consumer, nowMs }: AskedWorld, gapSeconds: number): unknown {
  return consumer
    .heldSince(nowMs - gapSeconds * 1000)
    .map(({ shardId, sequence, arrivalMs, sinceMs }) => [
      { stringValue: shardId },
      { stringValue: String(sequence) },
      { longValue: Math.round(arrivalMs) },
      { longValue: Math.round(sinceMs) },
      { stringValue: 'transient' },
      { stringValue: 'simulated' },
      { stringValue: 'simulated' },
    ]);
}

/** An entry is tried after a minute for the first time, and another one later somebody has to ask for it. */
const OVERDUE_MS = 2 * MINUTE_MS;

function quarantineRows({ consumer, nowMs }: AskedWorld): unknown {
  const [oldest] = consumer.quarantinedAtMs;
  const ageSeconds = oldest === undefined ? 0 : Math.round((nowMs - oldest) / 1000);
  const [waitsSinceMs = nowMs] = consumer.waitingSinceMs;
  return [
    [
      { longValue: consumer.quarantinedAtMs.length },
      { longValue: ageSeconds },
      { longValue: consumer.waitingSinceMs.length },
      { booleanValue: nowMs - waitsSinceMs > OVERDUE_MS },
    ],
  ];
}

function askBucket(world: AskedWorld, command: ListObjectsV2Command): unknown {
  requireGrant(world, 's3:ListBucket');
  if (command.input.Bucket !== world.deployment.watchdog.environment.failedBatchesBucket)
    refuse('NoSuchBucket', `there is no bucket ${String(command.input.Bucket)}`);
  const keys = Array.from({ length: world.consumer.failedBatches }, (_, index) => ({
    Key: `batch-${String(index).padStart(6, '0')}`,
  }));
  return { Contents: keys };
}

function askLambda(world: AskedWorld, { constructor: { name }, input }: Command): unknown {
  if (name !== 'InvokeCommand') return askMapping(world);
  requireGrant(world, 'lambda:InvokeFunction');
  const { functionName, alias } = world.deployment.processor;
  if (!String(input['FunctionName']).endsWith(`:${functionName}:${alias}`) || input['Payload'] !== TRY_WAITING_ENTRIES)
    refuse('ResourceNotFoundException', 'there is no function that does this');
  world.consumer.tryWaiting(world.conditions);
  return { StatusCode: 202 };
}

function askMapping(world: AskedWorld): unknown {
  requireGrant(world, 'lambda:GetEventSourceMapping');
  const { deployment, conditions } = world;
  if (conditions.mapping === 'gone' || deployment.watchdog.environment.mappingId !== deployment.mapping.id)
    refuse('ResourceNotFoundException', 'there is no such mapping');
  const isEnabled = deployment.mapping.enabled && conditions.mapping === 'as-deployed';
  return { State: isEnabled ? 'Enabled' : 'Disabled', LastModified: new Date(world.consumer.deployedAtMs) };
}

function askTopic(world: AskedWorld, { input }: GetTopicAttributesCommand): unknown {
  requireGrant(world, 'sns:GetTopicAttributes');
  const { deployment, conditions } = world;
  const topic = deployment.topics.find(({ arn }) => arn === input.TopicArn);
  if (topic === undefined) return refuse('NotFoundException', 'there is no such topic');
  const confirmed = conditions.subscribersConfirmed ? topic.subscriptions.length : 0;
  return { Attributes: { SubscriptionsConfirmed: String(confirmed) } };
}
