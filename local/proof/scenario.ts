import type { Promises } from './promises.ts';

/** What may happen to events on their way, in the order in which it is tried. */
export const PHASES = ['again', 'cut', 'repeated', 'copied', 'reordered', 'together'] as const;

/** One of {@link PHASES}. */
export type Phase = (typeof PHASES)[number];

/** Events that are delivered once more: from one of them on, so many. */
export interface Repeat {
  readonly from: number;
  readonly span: number;
  /** Behind the batch with this event. */
  readonly behind: number;
  /** Whether they come at the front of the next batch, with all between, as from a checkpoint that lags. */
  readonly joins: boolean;
}

/** An event that its producer sends a second time. */
export interface Copy {
  readonly event: number;
  /** Behind the batch with this event. */
  readonly behind: number;
}

/** What happens to the events; each is known by its place among those that the user gave, from 0. */
export interface Scenario {
  /** Events that take part, in their order. */
  readonly kept: readonly number[];
  /** By event: the smaller comes first, as far as the order is free. */
  readonly ranks: readonly number[];
  /** Events that a batch begins with. */
  readonly cuts: readonly number[];
  readonly repeats: readonly Repeat[];
  readonly copies: readonly Copy[];
  /** Whether each batch meets an execution environment that has seen nothing before. */
  readonly coldStarts: boolean;
  /** Whether tables are written as by a function that never calls `remove`; nothing else is tried where one is called. */
  readonly neverRemoves: boolean;
}

/** An event of a batch; a copy is a record of its own, further on in the stream. */
export interface Delivered {
  readonly event: number;
  readonly isCopy: boolean;
}

/** Batches, one after the other. */
export interface Deliveries extends Pick<Scenario, 'coldStarts' | 'neverRemoves'> {
  readonly batches: readonly (readonly Delivered[])[];
}

/** What decides which scenarios there are. */
export interface ScenarioSpace {
  /** Events that may take part. */
  readonly events: readonly number[];
  readonly phase: Phase;
}

/** The scenarios of a phase that are tried in any case. */
export function firstScenarios({ events, phase }: ScenarioSpace): readonly Scenario[] {
  const plain = plainScenario(events);
  const [first = 0, last = 0] = [events[0], events.at(-1)];
  switch (phase) {
    case 'again':
      return [plain];
    case 'cut':
      return [{ ...plain, cuts: spread(events), coldStarts: true, neverRemoves: true }];
    case 'repeated':
      return [{ ...plain, repeats: [{ from: first, span: events.length, behind: last, joins: false }] }];
    case 'copied':
      return [{ ...plain, copies: spread(events).map((event) => ({ event, behind: last })) }];
    case 'reordered':
      return [{ ...plain, ranks: Array.from({ length: last + 1 }, (_, event) => last - event), cuts: spread(events) }];
    case 'together':
      return [];
  }
}

/** As they come, in one batch. */
export function plainScenario(kept: readonly number[]): Scenario {
  return { kept, ranks: [], cuts: [], repeats: [], copies: [], coldStarts: false, neverRemoves: false };
}

const MAX_SPREAD = 20;

/** All events, or of many so many that they are spread evenly. */
function spread(events: readonly number[]): readonly number[] {
  const step = Math.ceil(events.length / MAX_SPREAD);
  return events.filter((_, index) => index % step === 0);
}

/** What of the events decides how they may be delivered. */
export interface Stream {
  readonly promises: Promises;
  /** By event. */
  readonly partitionKeys: readonly string[];
  /** Events with one id, or more of them, stay in line: the first one has the effect. By event; as far as known. */
  readonly eventIds: ReadonlyMap<number, readonly string[]>;
  /** Events whose verdict depends on what is there: another delivery may find something else. */
  readonly unsettled: ReadonlySet<number>;
  /** Events that have an effect: only of these a copy leaves nothing behind. */
  readonly effective: ReadonlySet<number>;
}

/** Puts a scenario into effect. */
export function deliveriesOf(scenario: Scenario, stream: Stream): Deliveries {
  const { coldStarts, neverRemoves } = scenario;
  const order = inOrder(scenario, stream);
  const { cuts, repeats, copies } = anchored(scenario);
  const batches: Delivered[][] = [];
  let ahead: readonly number[] = [];
  for (const batch of cut(order, new Set(cuts))) {
    batches.push([...ahead, ...batch].map(toDelivered));
    const delivered = order.slice(0, order.indexOf(batch.at(-1) ?? 0) + 1);
    const due = repeats.filter(({ behind }) => batch.includes(behind)).map((it) => repeatedBy(it, delivered, stream));
    const isLast = delivered.length === order.length;
    ahead = due.find(({ joins }) => joins && !isLast)?.events ?? [];
    batches.push(...due.filter(({ joins }) => !joins || isLast).map(({ events }) => events.map(toDelivered)));
    const copied = copies
      .filter(({ behind }) => batch.includes(behind))
      .map(({ event }) => ofDelivered(event, delivered));
    const known = copied.filter((event) => stream.promises.copies && stream.effective.has(event));
    batches.push(known.map((event) => ({ event, isCopy: true })));
  }
  return { batches: batches.filter(({ length }) => length > 0), coldStarts, neverRemoves };
}

/** What is to happen at an event that does not take part happens at its neighbour. */
function anchored({ kept, cuts, repeats, copies }: Scenario): Pick<Scenario, 'cuts' | 'repeats' | 'copies'> {
  const before = (event: number): number => kept.findLast((it) => it <= event) ?? kept[0] ?? 0;
  const after = (event: number): number => kept.find((it) => it >= event) ?? -1;
  return {
    cuts: cuts.map(after),
    repeats: repeats.map((it) => ({ ...it, from: after(it.from), behind: before(it.behind) })),
    copies: copies.filter(({ event }) => kept.includes(event)).map((it) => ({ ...it, behind: before(it.behind) })),
  };
}

/** An event that has been delivered: this one, or else the first. */
function ofDelivered(event: number, delivered: readonly number[]): number {
  return delivered.includes(event) ? event : (delivered[0] ?? 0);
}

function toDelivered(event: number): Delivered {
  return { event, isCopy: false };
}

function repeatedBy({ from, span, joins }: Repeat, delivered: readonly number[], { unsettled }: Stream) {
  const first = delivered.indexOf(ofDelivered(from, delivered));
  const again = delivered.slice(first, joins ? undefined : first + span);
  return { joins, events: again.filter((event) => !unsettled.has(event)) };
}

function cut(order: readonly number[], starts: ReadonlySet<number>): readonly (readonly number[])[] {
  const batches: number[][] = [];
  for (const event of order) {
    const batch = starts.has(event) ? undefined : batches.at(-1);
    if (batch === undefined) batches.push([event]);
    else batch.push(event);
  }
  return batches;
}

/** Always the event with the smallest rank of those that nothing in front of them keeps back. */
function inOrder({ kept, ranks }: Scenario, stream: Stream): readonly number[] {
  if (ranks.length === 0) return kept;
  const rank = (event: number): number => ranks[event] ?? 0;
  const lines = new Map(kept.map((event) => [event, linesOf(event, stream)]));
  const order: number[] = [];
  const left = [...kept];
  while (left.length > 0) {
    const held = new Set<string>();
    let next = 0;
    for (const [index, event] of left.entries()) {
      const names = lines.get(event) ?? [];
      const isFree = names.every((name) => !held.has(name));
      for (const name of names) held.add(name);
      if (isFree && rank(event) < rank(left[next] ?? 0)) next = index;
    }
    order.push(...left.splice(next, 1));
  }
  return order;
}

/** What an event stays in line with others for. */
function linesOf(event: number, { promises, partitionKeys, eventIds }: Stream): readonly string[] {
  const ids = (eventIds.get(event) ?? []).map((id) => `id ${id}`);
  return promises.order === 'any' ? ids : [`key ${partitionKeys[event] ?? ''}`, ...ids];
}
