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
import type { BoostPart, PartSettings } from './boost-parts.ts';

/** A part of a stack that is boosted: the schedule that ends it has everything that is known of it. */
export interface BoostSchedule {
  readonly part: BoostPart;
  /** What the part is set back to. */
  readonly before: PartSettings;
  /** What the boost has set it to. */
  readonly boosted: PartSettings;
  /** When that happens, in milliseconds since 1970; whole seconds. */
  readonly endsAtMs: number;
}

/** Whose boost it is, and with whose rights it is ended. */
export interface BoostedStack {
  readonly mappingId: string;
  readonly roleArn: string;
}

/** Calls of the AWS API, made by the scheduler itself, so that nothing of this machine is needed at the end. */
const TARGET_PREFIX = 'arn:aws:scheduler:::aws-sdk:';

/** What a schedule remembers beside what it will do: a part that has other values by then was changed by somebody else. */
interface Memory {
  readonly before: PartSettings;
  readonly boosted: PartSettings;
}

/** Reads which parts of a stack are boosted. */
export async function readBoostSchedules(
  client: SchedulerClient,
  mappingId: string,
  parts: readonly BoostPart[],
): Promise<readonly BoostSchedule[]> {
  const found = await Promise.all(
    parts.map(async (part) => {
      const command = new GetScheduleCommand({ Name: boostScheduleName(mappingId, part.name) });
      const schedule = await client.send(command).catch(ifThere);
      if (schedule === undefined) return undefined;
      const { ScheduleExpression: expression = '', Description = '{}' } = schedule;
      const endsAtMs = Date.parse(`${expression.slice('at('.length, -1)}Z`);
      return { part, ...(JSON.parse(Description) as Memory), endsAtMs };
    }),
  );
  return found.filter((schedule) => schedule !== undefined);
}

/** Has a part set back at a time. */
export async function createBoostSchedule(
  client: SchedulerClient,
  { mappingId, roleArn }: BoostedStack,
  { part, before, boosted, endsAtMs }: BoostSchedule,
): Promise<void> {
  const memory: Memory = { before, boosted };
  await client.send(
    new CreateScheduleCommand({
      Name: boostScheduleName(mappingId, part.name),
      Description: JSON.stringify(memory),
      ScheduleExpression: `at(${new Date(endsAtMs).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)})`,
      FlexibleTimeWindow: { Mode: FlexibleTimeWindowMode.OFF },
      ActionAfterCompletion: ActionAfterCompletion.DELETE,
      Target: { Arn: `${TARGET_PREFIX}${part.call}`, RoleArn: roleArn, Input: JSON.stringify(part.inputOf(before)) },
    }),
  );
}

/** Takes the end of a boost back; one that is over is fine. */
export async function deleteBoostSchedule(client: SchedulerClient, mappingId: string, part: BoostPart): Promise<void> {
  await client.send(new DeleteScheduleCommand({ Name: boostScheduleName(mappingId, part.name) })).catch(ifThere);
}

function ifThere(error: unknown): undefined {
  if (error instanceof ResourceNotFoundException) return undefined;
  throw error;
}
