import { Removal } from '../../processor/tables/removal.ts';
import { ownLookupsOf } from '../../processor/lookup/own-rows.ts';
import type { AnyProjection } from '../../processor/projection.ts';
import type { Table, Tables } from '../../processor/tables/table-kind.ts';
import type { Difference, RowDifference } from './compare-outcomes.ts';
import { keyCells } from './compare-outcomes.ts';
import type { Outcome } from './deliver.ts';
import { eventKey } from './deliver.ts';
import type { Impurity, Sighting } from './observed-projection.ts';
import { showGiven, showValue } from './observed-projection.ts';

/** Two runs that differ. */
export interface Contrast {
  readonly projection: AnyProjection;
  readonly plain: Outcome;
  readonly other: Outcome;
  readonly difference: Difference;
}

/** Says in a sentence or two what makes two runs differ, and what to do about it; the likeliest cause first. */
export function explainDifference(contrast: Contrast): readonly string[] {
  const causes = [
    changedId(contrast),
    changedRows(contrast),
    changedAnswers(contrast),
    ...contrast.difference.rows.map((row) => contested(contrast, row)),
    refused(contrast),
  ].filter((cause) => cause !== undefined);
  return causes.length > 0 ? [...new Set(causes)].slice(0, 2) : [UNEXPLAINED];
}

const UNEXPLAINED =
  'the projection gave the same rows each time, so look for a trigger, a default or a constraint of these tables; ' +
  'if there is none, this is a fault of kinesis-to-aurora: please report it with this message';

/** Sightings of one event, in both runs. */
function byEvent({ plain, other }: Contrast): readonly (readonly Sighting[])[] {
  return [...Map.groupBy([...plain.sightings, ...other.sightings], eventKey).values()];
}

/** What came first, and the first that is different. */
function change<T>(values: readonly T[], textOf: (value: T) => string): readonly [T, T] | undefined {
  const [first, ...more] = values;
  const second = first === undefined ? undefined : more.find((value) => textOf(value) !== textOf(first));
  return first === undefined || second === undefined ? undefined : [first, second];
}

function changedId(contrast: Contrast): string | undefined {
  for (const sightings of byEvent(contrast)) {
    const changed = change(sightings, ({ eventId }) => eventId);
    if (changed === undefined) continue;
    const [first, second] = changed.map(({ eventId }) => showValue(eventId));
    return (
      `\`eventId\` gave ${first} and then ${second} for the same event, so that a second delivery is not known as one; ` +
      `${dependsOn(contrast, ['eventId', 'schema'])}, while an id must come from the event, or from its record, alone`
    );
  }
  return undefined;
}

/** The same event with the same reference rows must give the same rows. */
function changedRows(contrast: Contrast): string | undefined {
  for (const sightings of byEvent(contrast)) {
    const alike = Map.groupBy(sightings, ({ answers }) => answers.join('\n')).values();
    for (const group of alike) {
      const changed = change(group, ({ gave }) => showGiven(gave));
      if (changed === undefined) continue;
      const [first, second] = changed.map(({ gave }) => showGiven(gave));
      return (
        `\`project\` gave ${first} and then ${second} for the same event; ${dependsOn(contrast, ['project', 'schema', 'lookupKeys'])}, ` +
        'while it must depend on its arguments alone'
      );
    }
  }
  return undefined;
}

const IMPURITIES: Readonly<Record<Impurity, string>> = {
  clock: 'reads the clock (`record.arrivedAt` is the time that stays the same)',
  random: 'draws a random number',
};

function dependsOn({ plain, other }: Contrast, names: readonly string[]): string {
  const found = names.flatMap((name) =>
    [...new Set([...(plain.impurities.get(name) ?? []), ...(other.impurities.get(name) ?? [])])].map(
      (impurity) => `\`${name}\` ${IMPURITIES[impurity]}`,
    ),
  );
  return found[0] ?? 'it depends on something else, such as a variable outside of it';
}

function changedAnswers(contrast: Contrast): string | undefined {
  const { projection } = contrast;
  const own = ownLookupsOf(projection.tables, projection.lookups).map(({ name }) => name);
  for (const sightings of byEvent(contrast)) {
    const asking = sightings.filter(({ answers }) => answers.length > 0);
    const changed = change(asking, ({ answers }) => answers.join('\n'));
    const [first, second] = changed ?? [];
    if (first === undefined || second === undefined) continue;
    const answer = first.answers.find((text) => !second.answers.includes(text)) ?? '';
    const instead = second.answers.find((text) => !first.answers.includes(text)) ?? 'nothing';
    const name = own.find((lookup) => answer.startsWith(`${lookup}(`));
    if (name === undefined) continue;
    return (
      `\`project\` looked at a row that the projection writes itself and found ${answer}, and then ${instead}: what it sees of ` +
      'rows of other partition keys depends on which of them comes first; give both events one partition key' +
      (projection.lookups[name]?.absent === 'later'
        ? ''
        : ", or let an event whose row is missing wait with `absent: 'later'`") +
      ', and never count with the value of a row (a counter adds by itself)'
    );
  }
  return undefined;
}

/** Two events that write one row, of which order alone decides what it becomes. */
function contested({ projection, plain }: Contrast, difference: RowDifference): string | undefined {
  const name = difference.table;
  const table = projection.tables[name];
  if (table === undefined || table.version.length === 0) return undefined;
  const writers = writersOf(projection.tables, difference, plain.sightings);
  const [first, ...more] = writers;
  const second = more.find(({ partitionKey }) => partitionKey !== first?.partitionKey);
  if (first === undefined || second === undefined) return undefined;
  const key = `row ${showKey(table, difference)} of \`${name}\``;
  const keys = `${showValue(first.partitionKey)} and ${showValue(second.partitionKey)}`;
  if (hasTie(table, writers)) {
    const columns = table.version.map((column) => `\`${column}\``).join(', ');
    return (
      `two events with the partition keys ${keys} write ${key} with the same version (${columns}), and which of them wins depends on ` +
      "which comes first; add a column to `version` that tells them apart, such as `seq: 'position'`, or give them one partition key"
    );
  }
  if (table.patched.length === 0) return undefined;
  return (
    `two events with the partition keys ${keys} patch ${key}, and a patch that comes late is superseded as a whole; ` +
    'give all events that patch a row one partition key'
  );
}

/** An event that gave a row, and that row. */
export interface Writer extends Sighting {
  readonly row: Readonly<Record<string, unknown>>;
}

function hasTie(table: Table, writers: readonly Writer[]): boolean {
  // A place in the stream that is left out is filled in, and never the same.
  const versioned = writers.filter(({ row }) => table.version.every((column) => row[column] !== undefined));
  const byVersion = Map.groupBy(versioned, ({ row }) => showValue(table.version.map((column) => row[column])));
  return [...byVersion.values()].some((tied) => new Set(tied.map(({ partitionKey }) => partitionKey)).size > 1);
}

/** Events that gave rows with the key of one that differs. */
export function writersOf(
  tables: Tables,
  { table: name, plain, other }: RowDifference,
  sightings: readonly Sighting[],
): readonly Writer[] {
  const table = tables[name];
  if (table === undefined) return [];
  const { from, key, columns } = table;
  const cells = keyCells(table, plain ?? other ?? []);
  const known = (key.length > 0 ? key : Object.keys(columns)).map((column) => from?.columns?.[column] ?? column);
  return sightings.flatMap((sighting) =>
    givenRows(sighting.gave, from?.table ?? name)
      .filter((row) => known.every((column, index) => isSameText(row[column], cells[index] ?? null)))
      .map((row): Writer => ({ ...sighting, row })),
  );
}

function givenRows(gave: unknown, table: string): readonly Readonly<Record<string, unknown>>[] {
  if (typeof gave !== 'object' || gave === null) return [];
  const rows = [(gave as Readonly<Record<string, unknown>>)[table] ?? []].flat();
  return rows.map((row) => (row instanceof Removal ? row.row : row) as Readonly<Record<string, unknown>>);
}

/** PostgreSQL may print a value in another way than it was given: only what reads the same can be told. */
function isSameText(value: unknown, text: string | null): boolean {
  if (value === null) return text === null;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value) === text
    : true;
}

/** The key of a row, as a person reads it. */
function showKey(table: Table, { plain, other }: RowDifference): string {
  return keyCells(table, plain ?? other ?? [])
    .map((cell) => cell ?? 'NULL')
    .join(', ');
}

function refused({ difference }: Contrast): string | undefined {
  for (const { plain, other } of difference.verdicts) {
    const verdict = [plain, other].find((it) => it?.reason === 'database');
    if (verdict === undefined) continue;
    return (
      `the database refuses an event, or does not, depending on what is written before it or together with it ` +
      `(${verdict.detail}); what a constraint demands of an event alone belongs into the schema, where it is rejected in any case`
    );
  }
  return undefined;
}
