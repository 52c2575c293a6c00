import type { DatabaseOptions } from '../props/database-options.ts';
import type { FunctionOptions } from '../props/function-options.ts';
import type { MappingOptions } from '../props/mapping-options.ts';
import type { MonitoringOptions } from '../props/monitoring-options.ts';
import type { PagerOptions } from '../props/pager-options.ts';
import type { StreamOptions } from '../props/stream-options.ts';
import { choice, text, type OptionSpec, type SpecsFor, type TextForm } from '../props/option-spec.ts';
import { OPTION_SPECS } from '../props/processor-options.ts';

/** What a stage sets beside the options of the construct: what is deployed, and what is there already, by its ARN. */
export interface DeploymentSettings {
  /**
   * Folder under `functions/` that is deployed; also its name in log lines and in the framework's tables.
   *
   * Range: lowercase letters, digits and hyphens, at most 30, as in order-events.
   */
  readonly functionName: string;

  /**
   * Git commit in the outputs of the stack, and nowhere else; the command line reads it from Git.
   *
   * Range: at most 100 letters, digits or . - _.
   *
   * @default unknown
   */
  readonly codeCommit?: string;

  /**
   * What happens to stream, database, buckets, keys and logs when they leave the stack: `destroy` is for test stages.
   *
   * Range: retain or destroy.
   *
   * @default retain
   */
  readonly removalPolicy?: 'retain' | 'destroy';

  /**
   * Days that log lines are kept.
   *
   * Range: 1, 3, 5, 7, 14, 30, 60, 90, 180, 365 or 731.
   *
   * @default 30
   */
  readonly logRetentionDays?: number;

  /**
   * Forwards every log line of the functions to this destination: a Lambda function, a Firehose stream or a Kinesis
   * stream of the same account and region, or a CloudWatch Logs destination, which may belong to another account.
   *
   * Range: the ARN of a function, a Firehose stream, a Kinesis stream or a destination of CloudWatch Logs.
   *
   * @default log lines stay in CloudWatch
   */
  readonly logDestinationArn?: string;

  /**
   * Reads this stream instead of making one. It must distribute records by partition key, not `AUTO`.
   *
   * Range: the ARN of a stream.
   *
   * @default a new stream
   */
  readonly existingStreamArn?: string;

  /**
   * Key of the existing stream, when it is a customer-managed one.
   *
   * Range: the ARN of a key.
   *
   * @default none
   */
  readonly existingStreamKeyArn?: string;

  /**
   * Writes to this cluster instead of making one; its Data API must be on. Stages that share a cluster need a
   * `databaseName` each.
   *
   * Range: the ARN of an Aurora cluster.
   *
   * @default a new cluster
   */
  readonly existingClusterArn?: string;

  /**
   * Secret with the owner's credentials for the existing cluster; used by migrations only.
   *
   * Range: the ARN of a secret, with the six characters at its end.
   *
   * @default none
   */
  readonly existingClusterSecretArn?: string;

  /**
   * Key of that secret, when it is a customer-managed one.
   *
   * Range: the ARN of a key.
   *
   * @default none
   */
  readonly existingClusterSecretKeyArn?: string;

  /**
   * Pages go to this topic instead of a new one; its policy and key must let CloudWatch publish.
   *
   * Range: the ARN of a topic.
   *
   * @default a new topic
   */
  readonly existingPageTopicArn?: string;

  /**
   * Alarms that can wait for working hours go to this topic; its policy and key must let CloudWatch publish.
   *
   * Range: the ARN of a topic.
   *
   * @default a new topic where `ticketEmails` are given
   */
  readonly existingTicketTopicArn?: string;
}

/**
 * All settings of one processor in a stage, flat: the options of the construct by their own names, and what is there
 * already by its ARN. The same names work in `lib/settings/stages.ts` and as `-c name=value`; there, durations are
 * written like `90s`, `5m`, `12h` or `7d`, and lists with commas.
 */
export interface StageSettings
  extends
    DeploymentSettings,
    StreamOptions,
    MappingOptions,
    FunctionOptions,
    DatabaseOptions,
    PagerOptions,
    MonitoringOptions {}

/** Name of a setting. */
export type SettingName = keyof StageSettings;

const arn = (service: string, words: string, end = '.+'): TextForm => ({
  pattern: new RegExp(`^arn:[a-z-]+:${service}:[a-z0-9-]*:\\d{12}:${end}$`),
  words: `the ARN of ${words}`,
});
const LOG_DESTINATION = text({
  pattern:
    /^arn:[a-z-]+:(?:lambda:[a-z0-9-]+:\d{12}:function:|firehose:[a-z0-9-]+:\d{12}:deliverystream\/|kinesis:[a-z0-9-]+:\d{12}:stream\/|logs:[a-z0-9-]+:\d{12}:destination:)[\w.-]+(?::[\w-]+)?$/,
  words: 'the ARN of a function, a Firehose stream, a Kinesis stream or a destination of CloudWatch Logs',
});
const KEY_ARN = arn('kms', 'a key');

/** Range and default of each of {@link DeploymentSettings}. */
export const DEPLOYMENT_SPECS = {
  functionName: text({
    pattern: /^[a-z][a-z0-9-]{0,29}$/,
    words: 'lowercase letters, digits and hyphens, at most 30, as in order-events',
  }),
  codeCommit: text({ pattern: /^[\w.-]{1,100}$/, words: 'at most 100 letters, digits or . - _' }, 'unknown'),
  removalPolicy: choice('retain', 'destroy'),
  logRetentionDays: { kind: 'choice', values: [1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731], fallback: 30 },
  logDestinationArn: LOG_DESTINATION,
  existingStreamArn: text(arn('kinesis', 'a stream')),
  existingStreamKeyArn: text(KEY_ARN),
  existingClusterArn: text(arn('rds', 'an Aurora cluster')),
  // Without the six characters at its end a policy that names the secret would not match it.
  existingClusterSecretArn: text(arn('secretsmanager', 'a secret, with the six characters at its end', '.+-\\w{6}')),
  existingClusterSecretKeyArn: text(KEY_ARN),
  existingPageTopicArn: text(arn('sns', 'a topic')),
  existingTicketTopicArn: text(arn('sns', 'a topic')),
} as const satisfies SpecsFor<DeploymentSettings>;

/** Range and default of every setting; `npm run docs` writes them into the comments of the options. */
export const SETTING_SPECS: Readonly<Record<SettingName, OptionSpec>> = {
  ...DEPLOYMENT_SPECS,
  ...OPTION_SPECS.streamOptions,
  ...OPTION_SPECS.mappingOptions,
  ...OPTION_SPECS.functionOptions,
  ...OPTION_SPECS.databaseOptions,
  ...OPTION_SPECS.pagerOptions,
  ...OPTION_SPECS.monitoringOptions,
};

/** Names of all settings. */
export const SETTING_NAMES = Object.keys(SETTING_SPECS) as readonly SettingName[];
