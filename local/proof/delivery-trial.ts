import { shardIdOf } from '../../processor/decode/item.ts';
import type { KinesisRecord } from '../../processor/decode/item.ts';
import { Skip } from '../../processor/decode/skip.ts';
import { ownLookupsOf } from '../../processor/lookup/own-rows.ts';
import type { AnyProjection } from '../../processor/projection.ts';
import { Removal } from '../../processor/tables/removal.ts';
import type { Difference } from './compare-outcomes.ts';
import { compareOutcomes } from './compare-outcomes.ts';
import type { Outcome } from './deliver.ts';
import { deliver, eventKey } from './deliver.ts';
import type { RunDatabase } from './projection-database.ts';
import type { Promises } from './promises.ts';
import type { Delivered, Deliveries, Scenario, Stream } from './scenario.ts';
import { deliveriesOf, plainScenario } from './scenario.ts';

/** Events, and what they are tried with. */
export interface TrialParts {
  readonly projection: AnyProjection;
  readonly promises: Promises;
  /** As they are on the stream. */
  readonly records: readonly KinesisRecord[];
  readonly openDatabase: () => Promise<RunDatabase>;
}

/** A scenario that was played, beside the plain run of the same events. */
export interface Played {
  readonly scenario: Scenario;
  readonly plain: { readonly deliveries: Deliveries; readonly outcome: Outcome };
  readonly other: { readonly deliveries: Deliveries; readonly outcome: Outcome };
  readonly difference: Difference | undefined;
}

/** Long enough to make another day, month and year of any date. */
const LATER_MS = 400 * 86_400_000 + 3_723_004;

/** Plays scenarios, each on a database of its own, and compares them with the plain run of their events. */
export class DeliveryTrial {
  readonly #parts: TrialParts;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #plain = new Map<string, Outcome>();
  readonly #played = new Map<string, Played>();

  constructor(parts: TrialParts) {
    this.#parts = parts;
    this.#numbers = new Map(parts.records.map(({ kinesis }, event) => [kinesis.sequenceNumber, event]));
  }

  /** The place of an event among those given, from 0. */
  numberOf(event: string): number {
    return this.#numbers.get(event.split('/')[0] ?? '') ?? -1;
  }

  /**
   * Plays the events as they come, in one batch.
   *
   * @param look what else to read from the database before it is gone
   */
  async playPlain(kept: readonly number[], look?: (database: RunDatabase) => Promise<void>): Promise<Outcome> {
    const key = kept.join(' ');
    const outcome =
      this.#plain.get(key) ?? (await this.#run(deliveriesOf(plainScenario(kept), UNKNOWN_STREAM), 0, look));
    this.#plain.set(key, outcome);
    return outcome;
  }

  /**
   * Plays a scenario.
   *
   * @param isLater whether the projection sees a later time than in the plain run
   */
  async play(scenario: Scenario, { isLater = false } = {}): Promise<Played> {
    const outcome = await this.playPlain(scenario.kept);
    const stream = this.#streamOf(outcome);
    const removes = outcome.sightings.some(({ gave }) => hasRemovals(gave));
    const deliveries = deliveriesOf({ ...scenario, neverRemoves: scenario.neverRemoves && !removes }, stream);
    const key = JSON.stringify(deliveries);
    const known = this.#played.get(key);
    if (known !== undefined && !isLater) return known;
    const other = await this.#run(deliveries, isLater ? LATER_MS : 0);
    const played = {
      scenario,
      plain: { deliveries: deliveriesOf(plainScenario(scenario.kept), stream), outcome },
      other: { deliveries, outcome: other },
      difference: compareOutcomes(this.#parts.projection.tables, outcome, other),
    };
    this.#played.set(key, played);
    return played;
  }

  async #run(
    { batches, coldStarts, neverRemoves }: Deliveries,
    shiftMs: number,
    look?: (database: RunDatabase) => Promise<void>,
  ): Promise<Outcome> {
    const { projection, openDatabase } = this.#parts;
    const database = await openDatabase();
    try {
      const records = batches.map((batch) => batch.map((it) => this.#recordOf(it)));
      const written = neverRemoves ? withoutRemovals(projection) : projection;
      const outcome = await deliver({ projection: written, batches: records, coldStarts, shiftMs }, database);
      await look?.(database);
      return outcome;
    } finally {
      await database.drop();
    }
  }

  /** A copy is further on in the stream than everything else. */
  #recordOf({ event, isCopy }: Delivered): KinesisRecord {
    const { records } = this.#parts;
    const record = records[event];
    if (record === undefined) throw new RangeError(`no event ${event}`);
    if (!isCopy) return record;
    const last = records.map(({ kinesis }) => BigInt(kinesis.sequenceNumber)).reduce((a, b) => (a > b ? a : b));
    const sequenceNumber = String(last + 1n + BigInt(event));
    return {
      eventID: `${shardIdOf(record.eventID)}:${sequenceNumber}`,
      kinesis: { ...record.kinesis, sequenceNumber },
    };
  }

  #streamOf({ sightings, refused }: Outcome): Stream {
    const { projection, promises, records } = this.#parts;
    const looksAtOwnRows = ownLookupsOf(projection.tables, projection.lookups).length > 0;
    const skipped = sightings.filter(({ gave }) => gave instanceof Skip).map((it) => this.numberOf(eventKey(it)));
    const rejected = [...refused].map(([key, { reason }]) => ({ event: this.numberOf(key), reason }));
    const dependsOnRows = rejected.filter(({ reason }) => looksAtOwnRows || reason === 'database');
    const unsettled = new Set([...(looksAtOwnRows ? skipped : []), ...dependsOnRows.map(({ event }) => event)]);
    const effective = new Set(sightings.map((sighting) => this.numberOf(eventKey(sighting))));
    for (const event of [...skipped, ...rejected.map((it) => it.event)]) effective.delete(event);
    const eventIds = new Map<number, readonly string[]>();
    for (const sighting of sightings) {
      const event = this.numberOf(eventKey(sighting));
      eventIds.set(
        event,
        [...(eventIds.get(event) ?? []), sighting.eventId].filter((id) => id !== ''),
      );
    }
    return {
      promises,
      partitionKeys: records.map(({ kinesis }) => kinesis.partitionKey),
      eventIds,
      unsettled,
      effective,
    };
  }
}

/** Where nothing is in any other order than it came. */
const UNKNOWN_STREAM: Stream = {
  promises: { order: 'any', copies: false },
  partitionKeys: [],
  eventIds: new Map(),
  unsettled: new Set(),
  effective: new Set(),
};

function hasRemovals(gave: unknown): boolean {
  return (
    typeof gave === 'object' &&
    gave !== null &&
    Object.values(gave)
      .flat()
      .some((row) => row instanceof Removal)
  );
}

function withoutRemovals(projection: AnyProjection): AnyProjection {
  const tables = Object.entries(projection.tables).map(
    ([name, table]) => [name, table.withoutRemovals?.() ?? table] as const,
  );
  return { ...projection, tables: Object.fromEntries(tables) };
}
