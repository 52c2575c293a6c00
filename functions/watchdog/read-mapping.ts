import { type LambdaClient, GetEventSourceMappingCommand } from '@aws-sdk/client-lambda';

/** The event source mapping as Lambda has it. */
export interface MappingState {
  /** False also for one that is gone. */
  readonly isEnabled: boolean;
  /** When it was last changed, in milliseconds since 1970: a disabled one has been so since then, or for longer. */
  readonly changedAtMs: number | undefined;
}

/** Asks Lambda whether the event source mapping is enabled. */
export async function readMapping(client: LambdaClient, mappingId: string): Promise<MappingState> {
  try {
    const { State, LastModified } = await client.send(new GetEventSourceMappingCommand({ UUID: mappingId }));
    // An update, of the batch size for example, does not stop it.
    return { isEnabled: State === 'Enabled' || State === 'Updating', changedAtMs: LastModified?.getTime() };
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') {
      return { isEnabled: false, changedAtMs: undefined };
    }
    throw error;
  }
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** At nine in the morning, UTC, and for as long as an alarm takes to see it for certain. */
const REMINDER = { fromMinute: 9 * 60, toMinute: 9 * 60 + 15 } as const;

/**
 * What recalls a pause once a day, at an hour that no later change of the mapping moves.
 *
 * @param nowMs milliseconds since 1970
 * @returns hours since the mapping was last changed, at least 1, for a quarter of an hour; 0 for the rest of the day and
 *   while the mapping is enabled
 */
export function pauseReminder({ isEnabled, changedAtMs }: MappingState, nowMs: number): number {
  const minute = Math.floor(nowMs / MINUTE_MS) % (24 * 60);
  const isDue = minute >= REMINDER.fromMinute && minute < REMINDER.toMinute;
  return isEnabled || !isDue ? 0 : Math.max(1, Math.round((nowMs - (changedAtMs ?? nowMs)) / HOUR_MS));
}
