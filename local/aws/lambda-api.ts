import { MappingSettingsError, type MappingSettings } from '../mapping/mapping-settings.ts';
import { jsonError, type AwsAnswers, type Call, type MappingAnswer, type Reply } from './aws-answers.ts';

/** What the API calls the settings of a mapping; those that are not here cannot be changed, or are not told. */
const TOLD_NAMES = {
  batchSize: 'BatchSize',
  maxBatchingWindowSeconds: 'MaximumBatchingWindowInSeconds',
  parallelizationFactor: 'ParallelizationFactor',
  bisectBatchOnFunctionError: 'BisectBatchOnFunctionError',
  maximumRetryAttempts: 'MaximumRetryAttempts',
  maximumRecordAgeSeconds: 'MaximumRecordAgeInSeconds',
} as const satisfies Partial<Record<keyof MappingSettings, string>>;

/** Whether a mapping is enabled is told as its state. */
const CHANGED_NAMES = { ...TOLD_NAMES, enabled: 'Enabled' } as const;

/**
 * Lambda, as far as it is asked here: event source mappings, and what a function is configured to.
 * {@link https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html}
 */
export function answerLambda(call: Call, answers: AwsAnswers): Reply | undefined {
  const [version = '', kind, name = '', ...rest] = call.path;
  if (!/^\d{4}-\d\d-\d\d$/.test(version)) return undefined;
  if (kind === 'event-source-mappings') return answerMapping(call, name, answers);
  if (kind === 'account-settings') return describeAccount(answers);
  return kind === 'functions' ? answerFunctions(call, [name, ...rest], answers) : undefined;
}

function answerFunctions(call: Call, [name = '', ...rest]: readonly string[], answers: AwsAnswers): Reply {
  if (rest[0] === 'invocations') return answerInvocation(call, name, answers);
  if (rest[0] === 'concurrency') return answerConcurrency(call, name, answers);
  return describeFunction(name, rest, answers);
}

function describeFunction(name: string, [what, alias = '']: readonly string[], { functions }: AwsAnswers): Reply {
  const configured = functions.get(name);
  if (configured === undefined) return notFound(`Function not found: ${name}`);
  if (what === 'configuration') {
    const { environment } = configured;
    return reply({ FunctionName: name, Version: '$LATEST', State: 'Active', Environment: { Variables: environment } });
  }
  const functionVersion = what === 'aliases' ? configured.aliases?.[alias] : undefined;
  return functionVersion === undefined
    ? notFound(`Cannot find alias: ${alias}`)
    : reply({ Name: alias, FunctionVersion: functionVersion });
}

/** As most accounts have it, and what of it nobody has reserved. */
const ACCOUNT_CONCURRENCY = 1_000;

function describeAccount({ functions }: AwsAnswers): Reply {
  const reserved = [...functions.values()].reduce((sum, { reservedConcurrency = 0 }) => sum + reservedConcurrency, 0);
  return reply({
    AccountLimit: {
      ConcurrentExecutions: ACCOUNT_CONCURRENCY,
      UnreservedConcurrentExecutions: ACCOUNT_CONCURRENCY - reserved,
    },
  });
}

function answerConcurrency({ method, body }: Call, name: string, { functions }: AwsAnswers): Reply {
  const configured = functions.get(name);
  if (configured === undefined) return notFound(`Function not found: ${name}`);
  if (method !== 'PUT') return reply({ ReservedConcurrentExecutions: configured.reservedConcurrency });
  const changes = JSON.parse(body) as { readonly ReservedConcurrentExecutions: number };
  functions.set(name, { ...configured, reservedConcurrency: changes.ReservedConcurrentExecutions });
  return reply(changes);
}

/** An invocation of the type `Event`: the function is named by its ARN or by its name, with an alias or without. */
function answerInvocation({ body }: Call, name: string, { functions }: AwsAnswers): Reply {
  const invoke = functions.get(/function:([^:]+)/.exec(name)?.[1] ?? name)?.invoke;
  if (invoke === undefined) return notFound(`Function not found: ${name}`);
  invoke(body);
  return { status: 202 };
}

function answerMapping({ method, body, nowMs }: Call, uuid: string, { mappings }: AwsAnswers): Reply {
  const mapping = mappings.get(uuid);
  if (mapping === undefined) return notFound('The resource you requested does not exist.');
  if (method !== 'PUT') return reply(describeMapping(uuid, mapping));
  const changes = readChanges(body);
  try {
    if (mapping.update !== undefined) mapping.update(changes);
    else mappings.set(uuid, changed(mapping, changes, nowMs));
  } catch (error) {
    if (error instanceof MappingSettingsError) return jsonError(400, 'InvalidParameterValueException', error.message);
    throw error;
  }
  return { ...reply(describeMapping(uuid, mappings.get(uuid) ?? mapping)), status: 202 };
}

function changed(mapping: MappingAnswer, changes: Partial<MappingSettings>, nowMs: number): MappingAnswer {
  const { enabled, ...settings } = changes;
  const state = enabled === undefined ? mapping.state : enabled ? 'Enabled' : 'Disabled';
  return { ...mapping, state, changedAtMs: nowMs, settings: { ...mapping.settings, ...settings } };
}

function readChanges(body: string): Partial<MappingSettings> {
  const given = JSON.parse(body) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(CHANGED_NAMES).flatMap(([name, apiName]) => (apiName in given ? [[name, given[apiName]]] : [])),
  );
}

function describeMapping(uuid: string, { state, changedAtMs, settings = {}, functionArn, streamArn }: MappingAnswer) {
  return {
    UUID: uuid,
    State: state,
    LastModified: changedAtMs / 1000,
    FunctionArn: functionArn,
    EventSourceArn: streamArn,
    ...Object.fromEntries(
      Object.entries(TOLD_NAMES).map(([name, apiName]) => [apiName, settings[name as keyof typeof TOLD_NAMES]]),
    ),
  };
}

function reply(body: object): Reply {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function notFound(message: string): Reply {
  return jsonError(404, 'ResourceNotFoundException', message);
}
