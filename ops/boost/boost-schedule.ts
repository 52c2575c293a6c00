import {
  ActionAfterCompletion,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  FlexibleTimeWindowMode,
  GetScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { boostScheduleName } from '../../contract/stack-outputs.ts';
import type { BoostedSettings } from '../../planner/boost.ts';

/** A boost that is on: the schedule that ends it has everything that is known of it. */
export interface BoostSchedule {
  /** What the mapping is set back to. */
  readonly before: BoostedSettings;
  /** What the boost has set it to. */
  readonly boosted: BoostedSettings;
  /** When that happens, in milliseconds since 1970; whole seconds. */
  readonly endsAtMs: number;
}

/** Whose mapping it is, and with whose rights it is set back. */
export interface BoostedMapping {
  readonly mappingId: string;
  readonly roleArn: string;
}

/**
 * Lambda's `UpdateEventSourceMapping`, called by the scheduler itself, so that nothing of this machine is needed at the end.
 * {@link https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html}
 */
const TARGET = 'arn:aws:scheduler:::aws-sdk:lambda:updateEventSourceMapping';

/** Reads whether a boost is on; undefined when none is. */
export async function readBoostSchedule(
  client: SchedulerClient,
  mappingId: string,
): Promise<BoostSchedule | undefined> {
  const found = await client.send(new GetScheduleCommand({ Name: boostScheduleName(mappingId) })).catch(ifThere);
  if (found === undefined) return undefined;
  const { ScheduleExpression: expression = '', Target, Description } = found;
  const before = JSON.parse(Target?.Input ?? '{}') as {
    readonly BatchSize: number;
    readonly ParallelizationFactor: number;
  };
  return {
    before: { batchSize: before.BatchSize, parallelizationFactor: before.ParallelizationFactor },
    boosted: JSON.parse(Description ?? '{}') as BoostedSettings,
    endsAtMs: Date.parse(`${expression.slice('at('.length, -1)}Z`),
  };
}

/** Has a mapping set back at a time. */
export async function createBoostSchedule(
  client: SchedulerClient,
  { mappingId, roleArn }: BoostedMapping,
  { before, boosted, endsAtMs }: BoostSchedule,
): Promise<void> {
  await client.send(
    new CreateScheduleCommand({
      Name: boostScheduleName(mappingId),
      // What the boost has set is kept too: a mapping that differs from it was changed by somebody else.
      Description: JSON.stringify(boosted),
      ScheduleExpression: `at(${new Date(endsAtMs).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)})`,
      FlexibleTimeWindow: { Mode: FlexibleTimeWindowMode.OFF },
      ActionAfterCompletion: ActionAfterCompletion.DELETE,
      Target: {
        Arn: TARGET,
        RoleArn: roleArn,
        // Named as the scheduler names them, which is not quite as the API does.
        Input: JSON.stringify({
          Uuid: mappingId,
          BatchSize: before.batchSize,
          ParallelizationFactor: before.parallelizationFactor,
        }),
      },
    }),
  );
}

/** Takes the end of a boost back; one that is over is fine. */
export async function deleteBoostSchedule(client: SchedulerClient, mappingId: string): Promise<void> {
  await client.send(new DeleteScheduleCommand({ Name: boostScheduleName(mappingId) })).catch(ifThere);
}

function ifThere(error: unknown): undefined {
  if (error instanceof ResourceNotFoundException) return undefined;
  throw error;
}
