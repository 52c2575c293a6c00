import { ListShardsCommand, SplitShardCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import type { TextEvent } from '../../local/input/event-input.ts';
import { waitUntilActive } from '../../local/kinesis/create-stream.ts';
import { streamNameOf, type LiveDeployment } from '../../local/live/live-deployment.ts';
import type { MinuteInput } from '../../local/live/play-minute.ts';
import { FLIGHTS_FROM_NOWHERE } from './bad-events.ts';
import { redriveLive } from './redrive-live.ts';
import { conditionsAt, HEALTHY, type Conditions, type Phase } from '../world/conditions.ts';
import { queryOnce } from '../../local/postgres/query-once.ts';

/** Records of a scenario that one record here stands for: alarms ask whether there are any, and how old they are. */
const RECORDS_EACH = 10;

/** Conditions that can be brought about here; with any other, a course is not played. */
const PLAYED: ReadonlySet<keyof Conditions> = new Set([
  'arrivals',
  'mapping',
  'pollerReads',
  'conduct',
  'lanesAffected',
  'quarantined',
  'databaseAnswers',
  'watchdog',
  'redriven',
  'resharded',
]);

/** Events of one airport fail as they would if somebody held a lock: their lane waits, all others work. */
const STUCK_AIRPORT = 'ORD';
const STUCK_LANE_SQL = `
CREATE FUNCTION stuck_lane() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.origin = '${STUCK_AIRPORT}' THEN RAISE 'somebody holds a lock' USING ERRCODE = 'lock_not_available'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stuck_lane BEFORE INSERT ON flights FOR EACH ROW EXECUTE FUNCTION stuck_lane();`;
const FREE_LANE_SQL = 'DROP TRIGGER stuck_lane ON flights; DROP FUNCTION stuck_lane();';

/** Brings a course about in a live deployment, minute by minute. */
export class LiveCourse {
  readonly deployment: LiveDeployment;
  readonly #phases: readonly Phase[];
  readonly #client: KinesisClient;
  readonly #events: Iterator<TextEvent>;
  #before = HEALTHY;
  #owed = 0;
  #bad = 0;

  /**
   * Prepares a course.
   *
   * @param client of the Kinesis emulator
   * @param events of the example, without end
   * @throws Error when a phase has conditions that cannot be brought about here
   */
  constructor(
    deployment: LiveDeployment,
    phases: readonly Phase[],
    { client, events }: { readonly client: KinesisClient; readonly events: Iterator<TextEvent> },
  ) {
    const unplayed = phases.flatMap(({ set }) => Object.keys(set)).filter((name) => !isPlayed(name));
    if (unplayed.length > 0) throw new Error(`cannot be played live: ${unplayed.join(', ')}`);
    this.deployment = deployment;
    this.#phases = phases;
    this.#client = client;
    this.#events = events;
  }

  /**
   * Sees to it that a minute begins as it should.
   *
   * @returns what comes in, and how often the watchdog runs
   */
  async begin(minute: number): Promise<Omit<MinuteInput, 'deployment'>> {
    const conditions = conditionsAt(this.#phases, minute);
    const before = this.#before;
    this.#before = conditions;
    await this.#switchMapping(conditions, before);
    this.#switchDatabase(conditions);
    const [isStuck, wasStuck] = [conditions, before].map(hasStuckLane);
    if (isStuck !== wasStuck)
      await queryOnce(this.deployment.databaseUrl, isStuck === true ? STUCK_LANE_SQL : FREE_LANE_SQL);
    if (conditions.resharded && !before.resharded) await this.#reshard();
    if (conditions.redriven && !before.redriven) await this.#redrive();
    const good = this.#arrivals(conditions);
    const bad = Array.from({ length: conditions.quarantined }, () => this.#badEvent());
    // The newest record has always just come in.
    return {
      events: [...good.slice(1), ...bad],
      lateEvents: good.slice(0, 1),
      watchdogRuns: RUNS[conditions.watchdog],
    };
  }

  async #switchMapping(conditions: Conditions, before: Conditions): Promise<void> {
    const polls = ({ mapping, pollerReads }: Conditions): boolean => mapping === 'as-deployed' && pollerReads;
    if (polls(conditions) !== polls(before)) await this.deployment.setPolling(polls(conditions));
    if (conditions.mapping === before.mapping) return;
    const states = { 'as-deployed': 'Enabled', disabled: 'Disabled', gone: undefined } as const;
    this.deployment.setMappingState(states[conditions.mapping]);
  }

  #switchDatabase({ databaseAnswers }: Conditions): void {
    const fault = { kind: 'error', name: 'DatabaseUnavailableException', when: 'before' } as const;
    this.deployment.dataApi.setFaults(databaseAnswers ? undefined : () => fault);
  }

  #arrivals({ arrivals }: Conditions): readonly TextEvent[] {
    this.#owed += arrivals / RECORDS_EACH;
    const count = Math.floor(this.#owed);
    this.#owed -= count;
    return Array.from({ length: count }, () => this.#events.next().value as TextEvent);
  }

  #badEvent(): TextEvent {
    this.#bad += 1;
    return FLIGHTS_FROM_NOWHERE.event(this.#bad);
  }

  async #reshard(): Promise<void> {
    const stream = { StreamName: streamNameOf(this.deployment.plan) };
    const { Shards: shards = [] } = await this.#client.send(new ListShardsCommand(stream));
    for (const { ShardId, HashKeyRange: range, SequenceNumberRange: numbers } of shards) {
      if (numbers?.EndingSequenceNumber !== undefined) continue;
      const middle = (BigInt(range?.StartingHashKey ?? 0) + BigInt(range?.EndingHashKey ?? 0)) / 2n;
      await this.#client.send(
        new SplitShardCommand({ ...stream, ShardToSplit: ShardId, NewStartingHashKey: String(middle) }),
      );
      await waitUntilActive(this.#client, { streamName: stream.StreamName });
    }
  }

  /** As an operator does it: the cause first, then everything back on the stream. */
  async #redrive(): Promise<void> {
    await queryOnce(this.deployment.databaseUrl, FLIGHTS_FROM_NOWHERE.mendSql ?? '');
    await redriveLive(this.deployment, this.#client);
  }
}

const RUNS = { runs: 1, dead: 0, 'runs-twice': 2 } as const satisfies Record<Conditions['watchdog'], number>;

function isPlayed(name: string): boolean {
  return PLAYED.has(name as keyof Conditions);
}

/** A database that is away holds all lanes by itself. */
function hasStuckLane({ conduct, databaseAnswers }: Conditions): boolean {
  return conduct === 'holds' && databaseAnswers;
}
