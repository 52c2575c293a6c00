import type { ProjectedEvent } from '../processor/testing.ts';
import type { Design } from './design.ts';
import { sqlName } from './names.ts';
import type { Leaf } from './plan-columns.ts';
import type { Sample } from './read-sample.ts';
import { latestColumns } from './write-projection.ts';

/** Writes `handler.ts`. */
export function writeHandler({ functionName, identifier }: Design): string {
  return `import { createHandler } from '../../processor/create-handler.ts';
import { ${identifier} } from './projection.ts';

/** Lambda entry point of the ${functionName} stream. */
export const handler = createHandler(${identifier});
`;
}

/** Writes `local.json`, which says how the function runs on a developer's machine. */
export function writeLocalSettings(
  { partitionKey: { members, isRandomOtherwise } }: Design,
  { enclosedIn }: Pick<Sample, 'enclosedIn'>,
): string {
  const settings = {
    // Where no member is one, those that come later may have this.
    partitionKey: members.join(',') || 'id',
    ...(isRandomOtherwise && { randomKey: true }),
    ...(enclosedIn !== undefined && { enclosedIn }),
    events: 'sample/events.ndjson',
  };
  return JSON.stringify(settings);
}

/** Writes the first migration. */
export function writeMigration(design: Design): string {
  const { plans, latest, totals } = design;
  const tables = plans.map(({ type, table, place, leaves, key }) => {
    const columns = [
      ...(place === undefined ? [] : [{ column: place, type: 'position', isNullable: false }]),
      ...leaves,
    ];
    const says = type === undefined ? 'One row per event.' : `One row per event of the type ${type}.`;
    return createTable({ says, table, columns, key });
  });
  if (latest !== undefined) {
    const { key, version, others } = latestColumns({ ...design, latest });
    const columns = [key, { ...version, isNullable: false }, ...others];
    tables.push(
      createTable({
        says: `The newest state per ${key.column}.`,
        table: latest.table,
        columns,
        key: key.column,
      }),
    );
  }
  if (totals !== undefined) {
    const { table, keyColumn, key, countColumn, sums } = totals;
    const columns = [
      { column: keyColumn, type: key.type, isNullable: false },
      { column: countColumn, type: 'bigint', isNullable: false },
      ...sums.map(({ leaf, column }) => ({ column, type: leaf.type, isNullable: false })),
    ];
    tables.push(createTable({ says: `Events by ${keyColumn}.`, table, columns, key: keyColumn }));
  }
  return tables.join('\n');
}

interface TableText {
  readonly says: string;
  readonly table: string;
  readonly columns: readonly Pick<Leaf, 'column' | 'type' | 'isNullable'>[];
  readonly key: string;
}

function createTable({ says, table, columns, key }: TableText): string {
  const lines = columns.map(({ column, type, isNullable }) => {
    const sqlType = type === 'position' ? 'numeric' : type;
    if (column === key) return `  ${sqlName(column)} ${sqlType}${type === 'text' ? ' COLLATE "C"' : ''} PRIMARY KEY`;
    return `  ${sqlName(column)} ${sqlType}${isNullable ? '' : ' NOT NULL'}`;
  });
  return `-- ${says.replaceAll(/\s+/g, ' ')}\nCREATE TABLE ${sqlName(table)} (\n${lines.join(',\n')}\n);\n`;
}

/** An event of the sample, and the rows that it becomes. */
export interface ShownEvent {
  /** Its place in the sample, from 0. */
  readonly index: number;
  readonly type: string | undefined;
  readonly projected: ProjectedEvent<Readonly<Record<string, never>>>;
}

/** Writes the unit test of the projection, not yet formatted. */
export function writeTest({ functionName, identifier, eventId }: Design, shown: readonly ShownEvent[]): string {
  const cases = shown.map(({ index, type, projected }) => {
    const { rows, eventId: id } = projected as { readonly rows: Rows; readonly eventId: string };
    const shownRows = withoutLargeValues(rows);
    const expected = writeValue({ kind: 'rows', ...(eventId !== undefined && { eventId: id }), rows: shownRows });
    const what =
      type === undefined
        ? `event ${index + 1} of the sample`
        : `event ${index + 1} of the sample, of the type ${type},`;
    return `test(${JSON.stringify(`${what} becomes these rows`)}, async () => {
  expect((await runProjection(${identifier}, { records }))[${index}]).toMatchObject(${expected});
});`;
  });
  return `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ${identifier} } from '../../../../functions/${functionName}/projection.ts';
import { runProjection } from '../../../../processor/testing.ts';

const SAMPLE = join(import.meta.dirname, '../../../../functions/${functionName}/sample/events.ndjson');
const records = readFileSync(SAMPLE, 'utf8').trimEnd().split('\\n').map((data) => ({ data }));

test('every event of the sample becomes rows', async () => {
  const projected = await runProjection(${identifier}, { records });
  expect(projected.filter(({ kind }) => kind !== 'rows')).toEqual([]);
});

${cases.join('\n\n')}
`;
}

/** More of a value than that is nothing that a person reads in a test. */
const MAX_SHOWN_CHARACTERS = 500;

/** Leaves out values that would fill the page: the test matches what is there. */
function withoutLargeValues(rows: Rows): Rows {
  const isShort = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || writeValue(value).length <= MAX_SHOWN_CHARACTERS;
  return Object.fromEntries(
    Object.entries(rows).map(([table, all]) => [
      table,
      all.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => isShort(value)))),
    ]),
  );
}

type Rows = Readonly<Record<string, readonly object[]>>;

/** A value as TypeScript: like JSON, with bigints and times. */
function writeValue(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  // JSON has no sign for it, and here it is another number.
  if (Object.is(value, -0)) return '-0';
  if (value instanceof Date) return `new Date('${value.toISOString()}')`;
  if (Array.isArray(value)) return `[${value.map(writeValue).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${writeValue(member)}`);
  return `{ ${members.join(', ')} }`;
}
