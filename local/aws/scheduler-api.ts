import { jsonError, type AwsAnswers, type Call, type Reply } from './aws-answers.ts';
import { answerLambda } from './lambda-api.ts';
import { answerQuery } from './query-api.ts';

/**
 * The calls that schedules make here; the scheduler has names of its own for their parameters.
 * {@link https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html}
 */
const TARGETS: Readonly<Record<string, (input: ScheduleInput) => Partial<Call>>> = {
  'arn:aws:scheduler:::aws-sdk:lambda:updateEventSourceMapping': ({ Uuid, ...changes }) => ({
    path: ['2015-03-31', 'event-source-mappings', Uuid ?? ''],
    body: JSON.stringify(changes),
  }),
  'arn:aws:scheduler:::aws-sdk:lambda:putFunctionConcurrency': ({ FunctionName, ...changes }) => ({
    path: ['2017-10-31', 'functions', FunctionName ?? '', 'concurrency'],
    body: JSON.stringify(changes),
  }),
  'arn:aws:scheduler:::aws-sdk:rds:modifyDBCluster': ({
    DbClusterIdentifier,
    ServerlessV2ScalingConfiguration: capacity,
  }) => ({
    method: 'POST',
    path: [],
    body: new URLSearchParams({
      Action: 'ModifyDBCluster',
      DBClusterIdentifier: DbClusterIdentifier ?? '',
      'ServerlessV2ScalingConfiguration.MinCapacity': String(capacity?.MinCapacity),
      'ServerlessV2ScalingConfiguration.MaxCapacity': String(capacity?.MaxCapacity),
    }).toString(),
  }),
};

/** Parameters of those calls, as far as they name what is changed or are named otherwise than in the API. */
interface ScheduleInput {
  readonly Uuid?: string;
  readonly FunctionName?: string;
  readonly DbClusterIdentifier?: string;
  readonly ServerlessV2ScalingConfiguration?: { readonly MinCapacity: number; readonly MaxCapacity: number };
}

interface CreateScheduleInput {
  readonly ScheduleExpression?: string;
  readonly Target?: { readonly Arn?: string; readonly Input?: string };
}

/**
 * EventBridge Scheduler, as far as it is asked here: schedules that happen once and change a mapping, a reserved concurrency or
 * the capacity of a cluster. They belong to the world, so they happen whatever becomes of the command that made them.
 * {@link https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html}
 */
export function answerScheduler(call: Call, answers: AwsAnswers): Reply | undefined {
  const { method, path, body } = call;
  const [kind, name = ''] = path;
  if (kind !== 'schedules' || name === '') return undefined;
  if (method === 'POST') return createSchedule(call, name, answers);
  const schedule = answers.schedules.get(name);
  if (schedule === undefined) return jsonError(404, 'ResourceNotFoundException', `Schedule ${name} does not exist.`);
  if (method === 'GET') return json({ Name: name, GroupName: 'default', State: 'ENABLED', ...schedule.request });
  if (method !== 'DELETE')
    return jsonError(400, 'ValidationException', `${method} of a schedule is not known here: ${body}`);
  schedule.cancel();
  answers.schedules.delete(name);
  return json({});
}

function createSchedule(call: Call, name: string, answers: AwsAnswers): Reply {
  if (answers.schedules.has(name)) {
    return jsonError(409, 'ConflictException', `Schedule ${name} already exists.`);
  }
  const request = JSON.parse(call.body) as CreateScheduleInput;
  const [, time = ''] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(request.ScheduleExpression ?? '') ?? [];
  const atMs = Date.parse(`${time}Z`);
  const target = TARGETS[request.Target?.Arn ?? ''];
  if (Number.isNaN(atMs) || target === undefined) {
    const known = Object.keys(TARGETS).join(', ');
    return jsonError(400, 'ValidationException', `only one-time schedules of ${known} are known here`);
  }
  const timer = setTimeout(
    () => {
      answers.schedules.delete(name);
      const input = JSON.parse(request.Target?.Input ?? '{}') as ScheduleInput;
      const made: Call = { ...call, method: 'PUT', ...target(input), nowMs: Date.now() };
      if (answerLambda(made, answers) === undefined) answerQuery(made, answers);
    },
    Math.max(0, atMs - call.nowMs),
  );
  const cancel = (): void => {
    clearTimeout(timer);
  };
  answers.schedules.set(name, { request: { ...request }, atMs, cancel });
  return json({ ScheduleArn: `arn:aws:scheduler:us-east-1:000000000000:schedule/default/${name}` });
}

function json(body: object): Reply {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
