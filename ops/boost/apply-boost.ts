import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { Target } from '../stack/open-target.ts';
import { boostPartsOf, type BoostPart, type PartSettings } from './boost-parts.ts';
import { createBoostSchedule, deleteBoostSchedule, type BoostSchedule } from './boost-schedule.ts';

/** What is turned from what to what, and until when. */
export interface BoostToApply {
  readonly before: PartSettings;
  readonly boosted: PartSettings;
  /** Milliseconds since 1970; whole seconds. */
  readonly endsAtMs: number;
}

/**
 * Turns what a boost turns. The ends come first: a boost that nothing would end is worse than none.
 *
 * @throws what kept it from being turned; then everything is as it was, or is set back when the boost would have ended
 */
export async function applyBoost(target: Target, boost: BoostToApply): Promise<void> {
  const { MappingId: mappingId, BoostRoleArn: roleArn } = target.stack.outputs;
  const scheduler = await target.client('scheduler');
  const schedules = boostPartsOf(target)
    .filter(({ settings }) => settings.some((name) => boost.before[name] !== boost.boosted[name]))
    .map((part) => ({
      part,
      before: pick(part, boost.before),
      boosted: pick(part, boost.boosted),
      endsAtMs: boost.endsAtMs,
    }));
  const begun: BoostSchedule[] = [];
  try {
    for (const schedule of schedules) {
      await createBoostSchedule(scheduler, { mappingId, roleArn }, schedule);
      begun.push(schedule);
    }
    for (const { part, boosted } of schedules) await part.turn(boosted);
  } catch (error) {
    await Promise.allSettled(begun.map((schedule) => setBack(scheduler, mappingId, schedule)));
    throw error;
  }
}

function pick({ settings }: BoostPart, from: PartSettings): PartSettings {
  return Object.fromEntries(settings.map((name) => [name, from[name]]));
}

/**
 * Ends a boost now.
 *
 * @throws what kept one of its parts from being set back; that one is still set back when the boost would have ended
 */
export async function endBoost(target: Target, running: readonly BoostSchedule[]): Promise<void> {
  const { MappingId } = target.stack.outputs;
  const scheduler = await target.client('scheduler');
  const results = await Promise.allSettled(running.map((schedule) => setBack(scheduler, MappingId, schedule)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** In this order: what cannot be set back now still is by its schedule. */
async function setBack(scheduler: SchedulerClient, mappingId: string, { part, before }: BoostSchedule): Promise<void> {
  await part.turn(before);
  await deleteBoostSchedule(scheduler, mappingId, part);
}
