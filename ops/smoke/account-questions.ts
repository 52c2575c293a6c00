import { GetAccountSettingsCommand, GetAliasCommand, GetEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { LIVE_ALIAS } from '../../contract/stack-outputs.ts';
import { listShards } from '../../kinesis/list-shards.ts';
import { settled, wrong, type Question } from './question.ts';

/** How many invocations the account lets run at once: new accounts may start at 10. */
export const concurrency: Question = {
  name: 'concurrency',
  question: 'How many invocations may run at once?',
  changes: false,
  isForLocal: false,
  answer: async ({ target }) => {
    const { StreamArn, MappingId } = target.stack.outputs;
    const lambda = await target.client('lambda');
    const [shards, mapping, { AccountLimit: limit }] = [
      await listShards(await target.client('kinesis'), StreamArn),
      await lambda.send(new GetEventSourceMappingCommand({ UUID: MappingId })),
      await lambda.send(new GetAccountSettingsCommand({})),
    ];
    const factor = mapping.ParallelizationFactor ?? 1;
    const lanes = shards.length * factor;
    const allowed = limit?.ConcurrentExecutions ?? 0;
    const evidence = [
      `${shards.length} shards, parallelization factor ${factor}`,
      `unreserved: ${String(limit?.UnreservedConcurrentExecutions)}`,
    ];
    return allowed > lanes
      ? settled(`${allowed} in the account; this stack needs up to ${lanes}`, evidence)
      : wrong(`${allowed} in the account, and this stack needs up to ${lanes}; request a higher quota`, evidence);
  },
};

/** Whether the database answers through the Data API, which needs the engine version to be there in the region. */
export const dataApi: Question = {
  name: 'data-api',
  question: 'Does the engine of this region answer through the Data API?',
  changes: false,
  isForLocal: false,
  answer: async ({ target, clock }) => {
    const startedAt = clock.now();
    const { rows } = await target.execute('SELECT version()');
    const version = rows[0]?.[0]?.stringValue ?? '';
    const evidence = [
      `answered after ${clock.now() - startedAt} ms`,
      `the stack is ${target.stack.stackStatus}: its migrations succeeded`,
    ];
    return /^PostgreSQL \d/.test(version)
      ? settled(version, evidence)
      : wrong(`it answers ${JSON.stringify(version)}`, evidence);
  },
};

/** Whether the alias ends on the new version under CodeDeploy, though CloudFormation changes both. */
export const alias: Question = {
  name: 'alias',
  question: 'Does the alias point to the deployed version?',
  changes: false,
  isForLocal: false,
  answer: async ({ target }) => {
    const { FunctionName, FunctionVersion: deployed } = target.stack.outputs;
    const lambda = await target.client('lambda');
    const { FunctionVersion: live, RoutingConfig: routing } = await lambda.send(
      new GetAliasCommand({ FunctionName, Name: LIVE_ALIAS }),
    );
    const weights = Object.entries(routing?.AdditionalVersionWeights ?? {}).map(
      ([version, weight]) => `${version}: ${weight}`,
    );
    const evidence = [
      `deployed: version ${deployed}`,
      `weights: ${weights.length === 0 ? 'none' : weights.join(', ')}`,
    ];
    return live === deployed && weights.length === 0
      ? settled(`\`${LIVE_ALIAS}\` is version ${live}; deploy a code change, and run this again`, evidence)
      : wrong(`\`${LIVE_ALIAS}\` is version ${String(live)}`, evidence);
  },
};
