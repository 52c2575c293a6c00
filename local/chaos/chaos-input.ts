import type { TextEvent } from '../input/event-input.ts';
import { DEADLY_KEY } from './booking-plan.ts';
import type { ChaosPlan, PlannedPoison } from './chaos-plan.ts';
import { REPORTED_AIRPORTS } from './chaos-plan.ts';
import type { KillerKind, PoisonKind } from './faults/fault-kind.ts';
import type { Trap } from './function/traps.ts';
import type { SeededRandom } from './seeded-random.ts';
import { createSeededRandom } from './seeded-random.ts';

/** What a run begins with. */
export interface ChaosInput {
  /** The records of the stream, in its order. */
  readonly events: readonly TextEvent[];
  readonly rowsBefore: RowsBefore;
}

/** A row as text cells. */
export type TextRow = readonly (string | null)[];

/** Rows that are there before the run, by table: airport, version, then the rest as the table has it. */
export interface RowsBefore {
  /** Airport, time, gate, serial number, and the serial number in the report. */
  readonly gates: readonly TextRow[];
  /** Airport, departure, flight, destination and delay. */
  readonly latest_departures: readonly TextRow[];
  /** Airport, day, flights, delayed flights and minutes of delay. */
  readonly airport_days: readonly TextRow[];
}

interface Flight {
  readonly date: string;
  readonly delay: number | bigint;
  readonly distance: number | string;
  readonly origin: string;
  readonly destination: string;
  readonly note?: string;
  readonly ticket?: bigint;
  readonly trap?: Trap;
}

/** Added to the delay of a flight that poison is made from, so that the poison has an id of its own. */
const POISON_DELAY_MINUTES = 100_000;
/** Longer than a request of the smallest size holds: it takes several parts, and no two are the same. */
const OVERSIZED_NOTE = Array.from({ length: 25_000 }, (_, n) => n).join(' ');
/** As JSON inside JSON these take more than the smallest request holds; their base64 does not. */
const QUOTES_TOO_MANY = 14_000;
/** Partition keys over which flights are spread when lanes shall meet. */
const SPREAD_KEYS = 97;
/** The first integer that a double has no form for; of the odd ones behind it none has. */
const FIRST_LARGE = 2n ** 53n + 1n;
/** Of this distance on the trigger refuses flights, with one SQLSTATE after the other. */
const REFUSED_DISTANCE = 20_000;

/**
 * The records of a run in stream order, and the rows that are there before: real flights, some with a note and a large
 * integer, some put twice, reports of gates, and poison made from flights.
 *
 * @param plan says how many and which
 * @param flights JSON texts of the data set, at least as many as the plan reads
 */
export function createChaosInput(plan: ChaosPlan, flights: readonly string[]): ChaosInput {
  const chosen = flights
    .slice(plan.firstFlight, plan.firstFlight + plan.flights)
    .map((text, index) => withNote(JSON.parse(text) as Flight, index));
  const airports = [...new Set(chosen.map(({ origin }) => origin))].slice(0, REPORTED_AIRPORTS);
  const groups = chosen.map((flight, index) => [event(partitionKey(plan, flight, index), flight)]);
  const putBehind = (index: number, ...events: readonly TextEvent[]): void => {
    groups[index]?.push(...events);
  };
  for (const index of plan.repeatedFlights) putBehind(index, ...(groups[index]?.slice(0, 1) ?? []));
  const reports = plan.reports.map(({ airport, minute }, serial) => {
    const name = airports[airport % airports.length] ?? '';
    return [gateReport(name, minute, serial), standReport(name, minute, serial)];
  });
  plan.reports.forEach(({ flight }, serial) => {
    putBehind(flight, ...(reports[serial] ?? []));
  });
  for (const { report, flight } of plan.repeatedReports) putBehind(flight, ...(reports[report] ?? []));
  [...plan.poison, ...plan.killers].forEach(({ kind, flight: index }, serial) => {
    const flight = chosen[index];
    if (flight === undefined) return;
    const data = SPOILED[kind](distinct(flight, index, serial), serial);
    putBehind(index, { partitionKey: partitionKey(plan, flight, index), data });
  });
  for (const { flight, partitionKey: key, content } of plan.bookings) putBehind(flight, event(key, content));
  const events = inRecords(groups.flat(), createSeededRandom(plan.seed ^ 0xd0c5));
  return {
    events: deadlyFirst(plan.isShuffled ? createSeededRandom(plan.seed ^ 0x5eed).shuffle(events) : events),
    rowsBefore: createRowsBefore(plan, { chosen, airports }),
  };
}

/** They must wait by the time at which they become deadly. */
function deadlyFirst(events: readonly TextEvent[]): TextEvent[] {
  const isDeadly = ({ partitionKey: key }: TextEvent): boolean => key === DEADLY_KEY;
  return [...events.filter(isDeadly), ...events.filter((it) => !isDeadly(it))];
}

/** Chances of a heartbeat behind an event, and of an event in the record of the one before it. */
const [HEARTBEAT_CHANCE, SHARED_RECORD_CHANCE] = [0.08, 0.3];
/** What is much larger is there to test sizes, and what ends a process takes the whole record with it. */
const MAX_SHARED_CHARACTERS = 2_000;
const ENDS_PROCESS = /"trap":"(?:exit|exit-early|loop|heap|unheard)"/;

/** Puts heartbeats between the events, and some of the events that follow each other under one key into one record. */
function inRecords(events: readonly TextEvent[], random: SeededRandom): TextEvent[] {
  const records: TextEvent[] = [];
  const canShare = ({ data }: TextEvent): boolean => data.length <= MAX_SHARED_CHARACTERS && !ENDS_PROCESS.test(data);
  const add = (next: TextEvent): void => {
    const last = records.at(-1);
    const isShared = random.chance(SHARED_RECORD_CHANCE) && canShare(next);
    if (last?.partitionKey === next.partitionKey && isShared && canShare(last)) {
      records[records.length - 1] = { ...last, data: `${last.data}\n${next.data}` };
    } else records.push(next);
  };
  for (const next of events) {
    add(next);
    if (random.chance(HEARTBEAT_CHANCE)) {
      add(event(next.partitionKey, { heartbeat: `beat-${random.integer(0, 2)}` }));
    }
  }
  return records;
}

function event(key: string, content: object): TextEvent {
  return { partitionKey: key, data: jsonText(content) };
}

/** JSON with the bare digits of bigints, for which `JSON.stringify` has no form. */
function jsonText(content: object): string {
  const text = JSON.stringify(content, (_, value: unknown) => (typeof value === 'bigint' ? `bigint:${value}` : value));
  return text.replaceAll(/"bigint:(\d+)"/g, '$1');
}

function partitionKey({ partitionKeys }: ChaosPlan, { origin }: Flight, index: number): string {
  return partitionKeys === 'origin' ? origin : `lane-${index % SPREAD_KEYS}`;
}

/** Notes hold what is hard to carry as text and yet valid: quotes, escapes, characters beyond the first plane. */
function withNote(flight: Flight, index: number): Flight {
  if (index % 5 !== 0) return flight;
  const note = `"${index}" \\u0000 \t\u{1F6EB} Zürich; SQLState: 22P02`;
  return { ...flight, note, ticket: FIRST_LARGE + 2n * BigInt(index) };
}

/** The reports of an airport have one partition key: the later of two with one version is the later in the stream. */
function gateReport(airport: string, minute: number, serial: number): TextEvent {
  return event(airport, {
    airport,
    at: reportTime(minute),
    gate: `G${serial}`,
    serial: FIRST_LARGE + 2n * BigInt(serial),
  });
}

/**
 * What reports of a stand say, one after the other: some columns, that one has no value, or that nothing is there any more.
 * Where a record says that a row is gone and then what is new, both come in one batch.
 */
const STAND_CHANGES: readonly ((serial: number) => readonly object[])[] = [
  (serial) => [{ stand: `A${serial}`, level: 'ground' }],
  (serial) => [{ crew: `crew ${serial}` }],
  () => [{ gone: true }],
  (serial) => [{ crew: `crew ${serial}`, level: 'upper' }],
  (serial) => [{ gone: true }, { crew: `crew ${serial}` }],
  () => [{ stand: null }],
];

/** Stands of an airport that reports are about: so many rows that what few reports leave behind stays to be seen in some. */
const STANDS_PER_AIRPORT = 5;

/** Of one airport they have one partition key, as those of gates; their versions are older and newer in no order. */
function standReport(name: string, minute: number, serial: number): TextEvent {
  const changes = STAND_CHANGES[serial % STAND_CHANGES.length]?.(serial) ?? [];
  const airport = `${name} ${Math.floor(serial / STAND_CHANGES.length) % STANDS_PER_AIRPORT}`;
  const reports = changes.map((change, nth) => {
    const number = FIRST_LARGE + 2n * BigInt(serial + nth * MAX_REPORTS);
    return jsonText({ airport, at: reportTime(minute), number, ...change });
  });
  return { partitionKey: name, data: reports.join('\n') };
}

/** More than a run has. */
const MAX_REPORTS = 1_000;

/** The version of a report of this minute. */
export function reportTime(minute: number): string {
  return `2001-01-31 10:${String(minute).padStart(2, '0')}:00`;
}

function createRowsBefore(
  { rowsBefore }: ChaosPlan,
  { chosen, airports }: { readonly chosen: readonly Flight[]; readonly airports: readonly string[] },
): RowsBefore {
  const { gates, departuresWithoutVersion, daysWithoutCounters } = rowsBefore;
  const flightsAt = (indexes: readonly number[]): Flight[] => indexes.flatMap((index) => chosen[index] ?? []);
  return {
    gates: airports.flatMap((airport, index) => {
      const before = gates[index] ?? 'no-row';
      if (before === 'no-row') return [];
      return [[airport, before === 'null' ? null : reportTime(before), 'before', '0', null]];
    }),
    latest_departures: byKey(
      flightsAt(departuresWithoutVersion).map(({ origin, date }, index) => {
        const departedAt = index % 2 === 0 ? null : `${date.replaceAll('/', '-')}:00`;
        return [origin, departedAt, null, 'NONE', '0'];
      }),
      1,
    ),
    airport_days: byKey(
      flightsAt(daysWithoutCounters).map(({ origin, date }) => [
        origin,
        date.slice(0, 10).replaceAll('/', '-'),
        null,
        null,
        '7',
      ]),
      2,
    ),
  };
}

/** One row per key, which is the first cells. */
function byKey(rows: readonly TextRow[], keyCells: number): TextRow[] {
  return [...new Map(rows.map((row) => [row.slice(0, keyCells).join(' '), row])).values()];
}

function distinct(flight: Flight, index: number, serial: number): Flight {
  return { ...flight, delay: POISON_DELAY_MINUTES * (serial + 1) + index };
}

type Spoil = (flight: Flight, serial: number) => string;

function spoil(change: (flight: Flight, serial: number) => Partial<Flight>): Spoil {
  return (flight, serial) => jsonText({ ...flight, ...change(flight, serial) });
}

/** One after the other, so that a run has as many as it can. */
function oneOf<T>(items: readonly T[], serial: number): T | undefined {
  return items[serial % items.length];
}

function setTrap(...traps: readonly Trap[]): Spoil {
  return spoil((_, serial) => ({ trap: oneOf(traps, serial) ?? 'cell' }));
}

const SPOILED: Readonly<Record<PlannedPoison<PoisonKind | KillerKind>['kind'], Spoil>> = {
  'poison-not-json': (flight, serial) => `${jsonText(flight).slice(0, -1)} #${serial}`,
  'poison-schema': spoil((_, serial) => ({ distance: `far ${serial}` })),
  'poison-large-integer': spoil((_, serial) => ({ delay: FIRST_LARGE + 2n * BigInt(serial) })),
  'poison-beyond-64-bits': spoil((_, serial) => ({ note: 'a ticket', ticket: 10n ** 22n + BigInt(serial) })),
  'poison-time': spoil(({ date }, serial) => ({
    date: oneOf(['now', `${date.replace(' ', 'T')}:00+02:00`, `31/01/2001 ${date.slice(11)}`], serial) ?? '',
  })),
  'poison-unknown-airport': spoil(() => ({ destination: 'QQQQ' })),
  'poison-inherited-name': spoil((_, serial) => ({
    destination: oneOf(['constructor', '__proto__', 'toString'], serial) ?? '',
  })),
  'poison-ambiguous-airport': spoil(() => ({ destination: 'TWIN' })),
  'poison-projection-throws': spoil(() => ({ distance: 0 })),
  'poison-unasked-key': setTrap('ask-nothing'),
  'poison-late-rejection': setTrap('cell', 'list', 'json', 'answer', 'event-id', 'lookup-keys'),
  'poison-unstorable-text': spoil((_, serial) => ({
    note: serial % 2 === 0 ? 'nul \0 inside' : 'half a pair \ud83d',
  })),
  'poison-constraint': spoil((_, serial) => ({ distance: -1 - serial })),
  'poison-own-sqlstate': spoil((_, serial) => ({ distance: REFUSED_DISTANCE + serial })),
  'poison-too-large': spoil(() => ({ note: '"'.repeat(QUOTES_TOO_MANY) })),
  'poison-oversized': (flight, serial) => `${jsonText({ ...flight, note: OVERSIZED_NOTE }).slice(0, -1)} #${serial}`,
  'kills-by-exit': setTrap('exit', 'exit-early'),
  'kills-by-loop': setTrap('loop'),
  'kills-by-heap': setTrap('heap'),
  'kills-by-unheard-rejection': setTrap('unheard'),
};
