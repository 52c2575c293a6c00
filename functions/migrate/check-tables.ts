import type { DeclaredColumn, DeclaredTable } from '../../contract/declared-tables.ts';
import { nearestName } from '../../contract/nearest-name.ts';
import { ProblemsError } from '../../contract/problems-error.ts';
import type { Execute } from '../../data-api/execute.ts';
import { identifier } from '../../processor/tables/table-kind.ts';
import { findNearestTable, readTables, type FoundColumn, type FoundTable } from './read-tables.ts';

/** Thrown when a projection and its database do not fit; `problems` has one sentence for each place. */
export class TablesError extends ProblemsError {
  /**
   * Collects the problems into one message.
   *
   * @param problems one sentence each: expected, got, and what to do
   */
  constructor(problems: readonly string[]) {
    super(problems, { name: 'TablesError', heading: 'the database does not fit the projection' });
  }
}

/** What a look at the database found. */
export interface TablesCheck {
  /** What events would be held or rejected for. */
  readonly problems: readonly string[];
  /** What works, and may not be meant. */
  readonly warnings: readonly string[];
}

/** Kinds of relations that rows can be written to: tables, partitioned and foreign ones, and views. */
const WRITABLE_KINDS = 'rpfv';

/**
 * Compares the tables that a projection declares with those of a database: whether they are there, with columns of these
 * types, that may be null, filled in and unique as the writes need it.
 *
 * @param execute on the database, as a role that may see its catalog
 * @param declared the tables of a function
 */
export async function checkTables(execute: Execute, declared: readonly DeclaredTable[]): Promise<TablesCheck> {
  const found = await readTables(execute, declared);
  const checks: TablesCheck[] = [];
  for (const [index, table] of declared.entries()) {
    const there = found[index];
    checks.push(there === undefined ? await missingTable(execute, table) : checkTable(table, there));
  }
  return {
    // A key may be among the columns that are read, and be wrong in both places.
    problems: [...new Set(checks.flatMap(({ problems }) => problems))],
    warnings: [...new Set(checks.flatMap(({ warnings }) => warnings))],
  };
}

async function missingTable(execute: Execute, declared: DeclaredTable): Promise<TablesCheck> {
  const nearest = await findNearestTable(execute, declared.table);
  const hint = nearest === undefined ? '' : ` did you mean \`${nearest}\`? or`;
  return problem(
    `${declared.title} must be in the database, got no such table;${hint} add a migration: ${createTable(declared)}`,
  );
}

function checkTable(declared: DeclaredTable, found: FoundTable): TablesCheck {
  const { title } = declared;
  const place = { declared, found };
  const { problems, warnings } = isWritten(declared) ? checkWrittenTable(place) : checkReadTable(place);
  return found.hasRowSecurity
    ? {
        problems,
        warnings: [
          ...warnings,
          `${title} has row level security: the processor finds and writes only what the policies let its role`,
        ],
      }
    : { problems, warnings };
}

function isWritten({ privileges }: DeclaredTable): boolean {
  return privileges.includes('INSERT') || privileges.includes('UPDATE');
}

function checkWrittenTable(place: Place): TablesCheck {
  const { declared, found } = place;
  if (!WRITABLE_KINDS.includes(found.kind)) {
    return problem(`${declared.title} must be a table, got a ${found.kind === 'm' ? 'materialized view' : 'relation'}`);
  }
  if (found.obstacle !== undefined) return problem(`${declared.title} ${found.obstacle}`);
  const columns = declared.columns.map((column) => checkWrittenColumn(column, place));
  return {
    problems: [
      ...columns.flatMap(({ problems }) => problems),
      ...(declared.privileges.includes('INSERT') ? undeclaredProblems(declared, found) : []),
      ...keyProblems(declared, found),
    ],
    warnings: columns.flatMap(({ warnings }) => warnings),
  };
}

function checkReadTable(place: Place): TablesCheck {
  const columns = place.declared.columns.map((column) => checkReadColumn(column, place));
  return {
    problems: columns.flatMap(({ problems }) => problems),
    warnings: [...columns.flatMap(({ warnings }) => warnings), ...keyProblems(place.declared, place.found)],
  };
}

interface Place {
  readonly declared: DeclaredTable;
  readonly found: FoundTable;
}

/** Types that PostgreSQL has for its own catalog: one holds 63 bytes, the other one. */
const CUTTING_TYPES: readonly string[] = ['name', '"char"'];

function checkWrittenColumn(column: DeclaredColumn, place: Place): TablesCheck {
  const { title } = place.declared;
  const found = place.found.columns.get(column.name);
  if (found === undefined) return problem(missingColumn(column, place));
  const name = `${title}: column \`${column.name}\``;
  if (!found.isTypeKnown) return problem(`${name} is declared ${column.type}, which is no type of this database`);
  const problems = [
    ...(found.takesDeclared
      ? []
      : [`${name} is ${found.type} in the database, declared ${column.type}; ${advise(found)}`]),
    ...(found.isCut
      ? [`${name} is declared ${column.type}, a domain to whose length PostgreSQL would cut it; ${advise(found)}`]
      : []),
    ...(CUTTING_TYPES.includes(found.base)
      ? [
          `${name} is ${found.type} in the database, which cuts longer text without a word; ` +
            `add a migration: ALTER TABLE ${identifier(place.declared.table)} ALTER COLUMN ${identifier(column.name)} TYPE text`,
        ]
      : []),
    ...(found.isGenerated
      ? [
          `${name} is filled in by the database (GENERATED ALWAYS), which takes no value; leave it out of the projection`,
        ]
      : []),
    ...(column.nullable && found.isRequired && !place.declared.uniqueKey.includes(column.name)
      ? [
          `${name} may be null in the projection and is NOT NULL in the database; declare it without \`?\`, or add a migration: ` +
            `ALTER TABLE ${identifier(place.declared.table)} ALTER COLUMN ${identifier(column.name)} DROP NOT NULL`,
        ]
      : []),
  ];
  return { problems, warnings: looseKeyWarnings(column, place, `sql('${found.type}')`) };
}

/** Keys that the column holds equal and a text does not, by the type of the column. */
const LOOSE_TYPES: Readonly<Record<string, { readonly keyType: string; readonly because: string }>> = {
  citext: { keyType: 'citext', because: 'uppercase and lowercase spellings would be one key there and two here' },
  character: {
    keyType: 'char',
    because: 'values with and without trailing spaces would be one key there and two here',
  },
};

/** As text, such keys are other keys to the batch, the tombstones and the index than they are to the table. */
function looseKeyWarnings(column: DeclaredColumn, { declared, found }: Place, declareAs?: string): readonly string[] {
  const { base = '', type = '' } = found.columns.get(column.name) ?? {};
  const loose = Object.hasOwn(LOOSE_TYPES, base) ? LOOSE_TYPES[base] : undefined;
  if (loose === undefined || column.type !== 'text' || !declared.uniqueKey.includes(column.name)) return [];
  return [
    `${declared.title}: key column \`${column.name}\` is ${type} in the database, declared text: ${loose.because}, and an index ` +
      `on it is not used; declare ${declareAs === undefined ? `\`keyType: '${loose.keyType}'\`` : `it ${declareAs}`}`,
  ];
}

function checkReadColumn(column: DeclaredColumn, place: Place): TablesCheck {
  const found = place.found.columns.get(column.name);
  if (found === undefined) return problem(missingColumn(column, place));
  const name = `${place.declared.title}: column \`${column.name}\``;
  if (!found.isTypeKnown) return problem(`${name} is declared ${column.type}, which is no type of this database`);
  if (!found.readsAsDeclared) {
    return problem(`${name} is ${found.type} in the database, declared ${column.type}; ${advise(found)}`);
  }
  if (column.isAsked === true) return { problems: [], warnings: looseKeyWarnings(column, place) };
  if (column.nullable || found.isRequired || place.declared.uniqueKey.includes(column.name)) return NOTHING;
  return {
    problems: [],
    warnings: [
      `${name} may be null in the database; declare it ${column.type}?, or the projection may get a null that it does not expect`,
    ],
  };
}

const NOTHING: TablesCheck = { problems: [], warnings: [] };

function problem(text: string): TablesCheck {
  return { problems: [text], warnings: [] };
}

function missingColumn({ name, type, nullable }: DeclaredColumn, { declared, found }: Place): string {
  const nearest = nearestName(
    name,
    [...found.columns.keys()].filter((other) => !declaresColumn(declared, other)),
  );
  const hint = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
  const definition = `${identifier(name)} ${type}${nullable ? '' : ' NOT NULL DEFAULT …'}`;
  return (
    `${declared.title} must have the column \`${name}\`, got ${[...found.columns.keys()].join(', ') || 'none'}${hint} ` +
    `or add a migration: ALTER TABLE ${identifier(declared.table)} ADD COLUMN ${definition}`
  );
}

function declaresColumn({ columns }: DeclaredTable, name: string): boolean {
  return columns.some((column) => column.name === name);
}

function advise({ declareAs }: FoundColumn): string {
  return `declare it ${declareAs}`;
}

/** Every row would be refused for a column that it does not know of. */
function undeclaredProblems(declared: DeclaredTable, { columns }: FoundTable): readonly string[] {
  return [...columns]
    .filter(([name, { isRequired, isFilledIn }]) => isRequired && !isFilledIn && !declaresColumn(declared, name))
    .map(
      ([name, { type }]) =>
        `${declared.title}: column \`${name}\` (${type}) is NOT NULL without a default, and the projection does not write it; ` +
        'declare it, or give it a default in a migration',
    );
}

function keyProblems({ title, table, uniqueKey }: DeclaredTable, found: FoundTable): readonly string[] {
  if (uniqueKey.length === 0 || found.kind === 'v' || found.kind === 'm' || found.kind === 'f') return [];
  if (uniqueKey.some((column) => !found.columns.has(column)) || found.isUnique) return [];
  const columns = uniqueKey.map((column) => identifier(column)).join(', ');
  return [
    `${title} must have a unique key over ${uniqueKey.join(', ')}, got ${found.keyFlaw ?? 'none'}; add a migration: ` +
      `CREATE UNIQUE INDEX ON ${identifier(table)} (${columns})`,
  ];
}

function createTable({ table, columns, uniqueKey }: DeclaredTable): string {
  const definitions = columns.map(
    ({ name, type, nullable }) => `${identifier(name)} ${type}${nullable ? '' : ' NOT NULL'}`,
  );
  const key = uniqueKey.length === 0 ? [] : [`PRIMARY KEY (${uniqueKey.map((name) => identifier(name)).join(', ')})`];
  return `CREATE TABLE ${identifier(table)} (${[...definitions, ...key].join(', ')})`;
}
