import type { CommittedBatch } from '../ports.ts';

/** When rejections are so many that a bad deploy is likelier than bad data. */
export interface FuseSettings {
  /** Share of the newest events, in percent, that may be rejected; 100 switches the fuse off. */
  readonly thresholdPercent: number;
  /** Events that must have been seen before the share means anything. */
  readonly minEvents: number;
}

/** The threshold that switches the fuse off. */
export const FUSE_OFF_PERCENT = 100;

/** So many events, of which so many would be quarantined. */
export interface Share {
  readonly events: number;
  readonly rejected: number;
}

/** What is known of a batch when its rejections are judged. */
export interface BatchEvidence extends Share {
  /**
   * Of these, the events that the database looks at: without those that never come so far, and without those that are in effect
   * already, whose rows it is not given. A build whose rows it refuses would seem well while a stream is delivered again.
   */
  readonly newToDatabase: Share;
  /** Events of the rejected that the database refused with a SQLSTATE that may be true of every row. */
  readonly refused: number;
  /** Events of the rejected that ended processes: enough is known of each to blame it, and not the build. */
  readonly fatal: number;
  /** Events of the batch that the database has taken so far. */
  readonly taken: number;
  /** False while the search for what the database rejects goes on: what comes later may still be taken. */
  readonly isFinal: boolean;
}

/** While it searches, a build none of whose events was ever taken is given up after so many refusals. */
const MAX_FRUITLESS_REFUSALS = 100;

/**
 * What becomes of the rejections of a batch: they may go to the quarantine, they are held because the fuse blows or because
 * too few events have been seen to tell, or they are held because the database refuses whatever it is given.
 */
export type FuseVerdict = 'quarantine' | 'blow' | 'wait' | 'refuses-all';

/**
 * Judges the rejections of a batch by the newest events of the build: those of the batch, and where these are fewer than
 * `minEvents`, those of the batches before it. So it does not matter how a stream is cut into batches: a lone rejection
 * among accepted events passes in a batch of its own, and rejections alone do not pass in any.
 *
 * @param evidence the batch
 * @param recent batches of the same build, the newest first
 * @param settings of the fuse
 */
export function judge(evidence: BatchEvidence, recent: readonly CommittedBatch[], settings: FuseSettings): FuseVerdict {
  const { minEvents, thresholdPercent } = settings;
  const { newToDatabase } = evidence;
  const windows = [
    lastEvents(evidence, recent, minEvents),
    ...(newToDatabase.rejected > 0 ? [lastEvents(newToDatabase, recent.map(withoutRepeated), minEvents)] : []),
  ];
  const tooMany = windows.find(({ events, rejected }) => rejected * 100 > events * thresholdPercent);
  if (evidence.refused > 0 && evidence.taken === 0)
    return judgeRefusals(evidence, recent, { isAboveThreshold: tooMany !== undefined, minEvents });
  if (tooMany === undefined) return 'quarantine';
  if (tooMany.events >= minEvents) return 'blow';
  // Several processes have died of each, so it must not hold its shard; a build that kills with every event blows in time.
  return evidence.fatal === evidence.rejected ? 'quarantine' : 'wait';
}

/** Judges a batch of which the database has taken nothing: are its events to blame, or does it refuse all events? */
function judgeRefusals(
  { events, rejected, refused, isFinal }: BatchEvidence,
  recent: readonly CommittedBatch[],
  { isAboveThreshold, minEvents }: { readonly isAboveThreshold: boolean; readonly minEvents: number },
): 'quarantine' | 'refuses-all' {
  if (!isFinal && refused < MAX_FRUITLESS_REFUSALS) return 'quarantine';
  if (!recent.some(({ taken }) => taken > 0)) return 'refuses-all';
  // A database that has changed since the last write refuses whole batches, whatever share of them the fuse lets pass.
  const isRefusedWhole = rejected === events && refused >= minEvents;
  return isAboveThreshold || isRefusedWhole ? 'refuses-all' : 'quarantine';
}

function withoutRepeated({ quarantined, taken }: CommittedBatch): CommittedBatch {
  return { events: taken + quarantined, quarantined, taken };
}

/**
 * The batch whole, and as much of the batches before it as is missing; of the oldest of them a proportional part, as the rejections
 * of a batch may have been the last that was written of it.
 */
function lastEvents(judged: Share, recent: readonly CommittedBatch[], minEvents: number): Share {
  let { events, rejected } = judged;
  for (const batch of recent) {
    const taken = Math.min(batch.events, minEvents - events);
    if (taken <= 0) continue;
    events += taken;
    rejected += (taken * batch.quarantined) / batch.events;
  }
  return { events, rejected };
}
