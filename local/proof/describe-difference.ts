import type { Difference, TextRow } from './compare-outcomes.ts';
import type { Verdict } from './deliver.ts';
import { showValue } from './observed-projection.ts';
import type { Deliveries, Phase } from './scenario.ts';
import type { Tables } from '../../processor/tables/table-kind.ts';

/** An event as a message shows it. */
export interface ShownEvent {
  /** From 1, among those that the user gave. */
  readonly number: number;
  readonly data: unknown;
  readonly partitionKey: string;
}

/** Everything there is to say about a difference. */
export interface Finding {
  readonly name: string;
  readonly phase: Phase;
  readonly events: readonly ShownEvent[];
  /** How long fewer events were looked for, in milliseconds, where that was not enough. */
  readonly searchedMs: number | undefined;
  readonly tables: Tables;
  readonly plain: Deliveries;
  readonly other: Deliveries;
  readonly difference: Difference;
  /** Finds the number of an event by its name in an outcome. */
  readonly numberOf: (event: string) => number;
  readonly causes: readonly string[];
}

const HEADINGS: Readonly<Record<Phase, string>> = {
  again: 'leaves something else each time it runs',
  cut: 'leaves something else where batches are cut in other places',
  repeated: 'leaves something else when events are delivered again',
  copied: 'leaves something else when a producer sends an event twice',
  reordered: 'leaves something else when events come in another order',
  together: 'leaves something else when events are delivered in another way',
};

/** The message: what differs, the fewest events that show it, why, and what to do. */
export function describeDifference(finding: Finding): string {
  const { name, phase, events, causes, searchedMs } = finding;
  const [plain, other] = labels(finding);
  return [
    `projection \`${name}\` ${HEADINGS[phase]}`,
    '',
    ...showEvents(events),
    ...(searchedMs === undefined ? [] : [`fewer may show it: the search ended after ${searchedMs} ms (\`shrinkMs\`)`]),
    '',
    ...differences(finding, { plain, other }),
    '',
    ...causes.map((cause) => `why: ${cause}`),
  ].join('\n');
}

/** The events that show something, each with its number. */
export function showEvents(events: readonly ShownEvent[]): readonly string[] {
  return [
    events.length === 1 ? 'this event shows it:' : `these ${events.length} events show it:`,
    ...events.map(
      ({ number, data, partitionKey }) => `  ${number}  ${showData(data)}  partition key ${showValue(partitionKey)}`,
    ),
  ];
}

const MAX_DATA_CHARACTERS = 400;

function showData(data: unknown): string {
  const text =
    data instanceof Uint8Array
      ? `bytes in base64: ${Buffer.from(data).toString('base64')}`
      : typeof data === 'string'
        ? data
        : showJson(data);
  return text.length > MAX_DATA_CHARACTERS ? `${text.slice(0, MAX_DATA_CHARACTERS)}…` : text;
}

function showJson(data: unknown): string {
  return JSON.stringify(data, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

interface Labels {
  readonly plain: string;
  readonly other: string;
}

/** How each of the runs got its events: `[1 2 3]` is a batch. */
function labels({ plain, other }: Finding): readonly [string, string] {
  const texts = [plain, other].map(({ batches }) =>
    batches
      .map((batch) => `[${batch.map(({ event, isCopy }) => `${isCopy ? 'copy of ' : ''}${event + 1}`).join(' ')}]`)
      .join(' then '),
  );
  const [first = '', second = ''] = texts;
  return first === second ? ['the first time', 'later'] : [first, second];
}

function differences({ difference, tables, numberOf }: Finding, { plain, other }: Labels): readonly string[] {
  const width = Math.max(plain.length, other.length);
  const line = (label: string, text: string): string => `  ${label.padEnd(width)}  ${text}`;
  const names = new Set(difference.rows.map(({ table }) => table));
  return [
    ...[...names].flatMap((name) => {
      const columns = Object.keys(tables[name]?.columns ?? {});
      const rows = difference.rows.filter(({ table }) => table === name).slice(0, MAX_ROWS);
      return [
        `table \`${name}\` after`,
        ...rows.flatMap((row) => [line(plain, showRow(columns, row.plain)), line(other, showRow(columns, row.other))]),
      ];
    }),
    ...difference.verdicts
      .slice(0, MAX_ROWS)
      .flatMap((verdict) => [
        `event ${numberOf(verdict.event)} after`,
        line(plain, showVerdict(verdict.plain)),
        line(other, showVerdict(verdict.other)),
      ]),
  ];
}

/** More of the same does not help. */
const MAX_ROWS = 4;

function showRow(columns: readonly string[], row: TextRow | undefined): string {
  return row === undefined
    ? 'no such row'
    : columns.map((column, index) => `${column}=${row[index] ?? 'NULL'}`).join('  ');
}

function showVerdict(verdict: Verdict | undefined): string {
  if (verdict === undefined) return 'in effect';
  const { kind, reason, detail } = verdict;
  return kind === 'skipped' ? `skipped (${reason})` : `${kind === 'waiting' ? 'waits' : kind} (${reason}): ${detail}`;
}
