import { GetAliasCommand, GetEventSourceMappingCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { GetTopicAttributesCommand, type SNSClient } from '@aws-sdk/client-sns';
import { compareMigrations } from '../../build/compare-migrations.ts';
import type { FunctionFolder } from '../../build/function-folder.ts';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import { LIVE_ALIAS, type StackOutputName } from '../../contract/stack-outputs.ts';
import type { Execute } from '../../data-api/execute.ts';
import { describeFailedCall } from '../failed-call.ts';

/** One thing that must be as it was deployed. */
export interface StackCheck {
  readonly name: 'build' | 'alias' | 'mapping' | 'schema' | 'pages';
  /** `unknown` where nobody could be asked. */
  readonly state: 'right' | 'wrong' | 'unknown';
  /** What is, and where it is wrong, what to do. */
  readonly detail: string;
}

/** What the checks ask. */
export interface CheckSources {
  readonly outputs: Readonly<Record<StackOutputName, string>>;
  /** A world on this machine pages nobody. */
  readonly isLocal: boolean;
  readonly folder: FunctionFolder;
  /** Hash of the bundle that this checkout builds. */
  readonly builtVersion: () => Promise<string>;
  readonly lambda: () => Promise<LambdaClient>;
  readonly sns: () => Promise<SNSClient>;
  readonly execute: Execute;
}

type Answer = Pick<StackCheck, 'state' | 'detail'>;

const CHECKS: Readonly<Record<StackCheck['name'], (sources: CheckSources) => Promise<Answer>>> = {
  build: checkBuild,
  alias: checkAlias,
  mapping: checkMapping,
  schema: checkSchema,
  pages: checkPages,
};

/**
 * Checks that what runs is what was built, and that somebody hears of it when it stops. What cannot be asked is unknown, and
 * keeps nothing else from being checked.
 */
export async function checkStack(sources: CheckSources): Promise<readonly StackCheck[]> {
  const checks: StackCheck[] = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    if (name === 'pages' && sources.isLocal) continue;
    checks.push({ name: name as StackCheck['name'], ...(await check(sources).catch(unknown)) });
  }
  return checks;
}

function unknown(error: unknown): Answer {
  const detail = describeFailedCall(error);
  if (detail === undefined) throw error;
  return { state: 'unknown', detail };
}

async function checkBuild({ outputs, builtVersion }: CheckSources): Promise<Answer> {
  const built = await builtVersion();
  const { BuildVersion: deployed, CodeCommit: commit } = outputs;
  return built === deployed
    ? { state: 'right', detail: `${deployed} is deployed, and this checkout builds the same code` }
    : {
        state: 'wrong',
        detail: `${deployed} is deployed, and this checkout builds ${built}; check out the deployed commit ${commit}, or deploy this one`,
      };
}

async function checkAlias({ outputs, lambda }: CheckSources): Promise<Answer> {
  const client = await lambda();
  const { FunctionVersion: version, RoutingConfig: routing } = await client.send(
    new GetAliasCommand({ FunctionName: outputs.FunctionName, Name: LIVE_ALIAS }),
  );
  const weights = Object.keys(routing?.AdditionalVersionWeights ?? {});
  if (weights.length > 0) {
    return {
      state: 'wrong',
      detail: `versions ${weights.join(', ')} still run beside ${String(version)}: a canary is in progress`,
    };
  }
  return version === outputs.FunctionVersion
    ? { state: 'right', detail: `\`${LIVE_ALIAS}\` runs version ${version}` }
    : {
        state: 'wrong',
        detail: `\`${LIVE_ALIAS}\` runs version ${String(version)}, and ${outputs.FunctionVersion} was deployed: somebody rolled back; deploy the commit that should run`,
      };
}

async function checkMapping({ outputs, lambda }: CheckSources): Promise<Answer> {
  const client = await lambda();
  const command = new GetEventSourceMappingCommand({ UUID: outputs.MappingId });
  const { State: state = 'unknown', FunctionArn: arn = '' } = await client.send(command);
  if (!['Enabled', 'Updating', 'Enabling'].includes(state)) {
    return { state: 'wrong', detail: `it is ${state}; enable it, and it resumes at its position` };
  }
  return arn.endsWith(`:${LIVE_ALIAS}`)
    ? { state: 'right', detail: `it is ${state}, on the alias \`${LIVE_ALIAS}\`` }
    : { state: 'wrong', detail: `it invokes ${arn}, and not the alias \`${LIVE_ALIAS}\`; deploy again` };
}

async function checkSchema({ folder, execute }: CheckSources): Promise<Answer> {
  const { rows } = await execute(`SELECT set_name, file_name, checksum FROM ${FRAMEWORK_TABLES.migrations}`);
  const recorded = rows.map(([set, name, checksum]) => ({
    set: set?.stringValue ?? '',
    name: name?.stringValue ?? '',
    checksum: checksum?.stringValue ?? '',
  }));
  const { missing, newer, problems } = await compareMigrations(folder, recorded);
  const wrong = [...problems, ...missing.map((name) => `${name} was not applied; deploy`)];
  if (wrong.length > 0) return { state: 'wrong', detail: wrong.join('; ') };
  const ahead = newer.length === 0 ? '' : `; the database also has the newer ${newer.join(', ')}, as after a rollback`;
  return { state: 'right', detail: `all migrations of this checkout are applied${ahead}` };
}

async function checkPages({ outputs, sns }: CheckSources): Promise<Answer> {
  const client = await sns();
  const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn: outputs.PageTopicArn }));
  const confirmed = Number(Attributes?.['SubscriptionsConfirmed'] ?? 0);
  const pending = Number(Attributes?.['SubscriptionsPending'] ?? 0);
  const waiting = pending === 0 ? '' : `, and ${pending} not confirmed yet`;
  return confirmed > 0
    ? { state: 'right', detail: `${confirmed} subscribed${waiting}` }
    : {
        state: 'wrong',
        detail: `nobody is subscribed${waiting}; set \`pageEmails\`, and follow the link in the message from SNS`,
      };
}
