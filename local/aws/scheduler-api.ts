import { jsonError, type AwsAnswers, type Call, type Reply } from './aws-answers.ts';
import { answerLambda } from './lambda-api.ts';

/** The one call that schedules make here; the scheduler has names of its own for its parameters. */
const TARGET = 'arn:aws:scheduler:::aws-sdk:lambda:updateEventSourceMapping';

interface CreateScheduleInput {
  readonly ScheduleExpression?: string;
  readonly Target?: { readonly Arn?: string; readonly Input?: string };
}

/**
 * EventBridge Scheduler, as far as it is asked here: schedules that happen once and change an event source mapping. They belong to
 * the world, so they happen whatever becomes of the command that made them.
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
  if (Number.isNaN(atMs) || request.Target?.Arn !== TARGET) {
    return jsonError(400, 'ValidationException', `only one-time schedules of ${TARGET} are known here`);
  }
  const timer = setTimeout(
    () => {
      answers.schedules.delete(name);
      changeMapping(request.Target?.Input ?? '{}', { call, answers });
    },
    Math.max(0, atMs - call.nowMs),
  );
  const cancel = (): void => {
    clearTimeout(timer);
  };
  answers.schedules.set(name, { request: { ...request }, atMs, cancel });
  return json({ ScheduleArn: `arn:aws:scheduler:us-east-1:000000000000:schedule/default/${name}` });
}

function changeMapping(input: string, { call, answers }: { readonly call: Call; readonly answers: AwsAnswers }): void {
  const { Uuid, ...changes } = JSON.parse(input) as { readonly Uuid?: string };
  const path = ['2015-03-31', 'event-source-mappings', Uuid ?? ''];
  answerLambda({ ...call, method: 'PUT', path, body: JSON.stringify(changes), nowMs: Date.now() }, answers);
}

function json(body: object): Reply {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
