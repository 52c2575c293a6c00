import { COMPATIBILITY_MARKER, takeOutMarkers } from './compatibility-marker.ts';
import { migrationFile, type Migration } from './migration.ts';
import { readSchemaChange, significantTokens, type AlterAction, type SchemaChange } from './schema-change.ts';
import { splitStatements } from './split-statements.ts';

/** Migrations of one set, in their order. */
export interface ReleaseMigrations {
  /** What the databases in use have. */
  readonly applied: readonly Migration[];
  /** What this release adds. */
  readonly added: readonly Migration[];
}

/** What to do about every problem found here. */
const ADVICE = `do this one release later, or write \`${COMPATIBILITY_MARKER} REASON\` on a line of its own in the file`;

/** What breaks when one of these goes away: what a write or a lookup names. */
const MISSED_OBJECTS = new Set(['TABLE', 'VIEW', 'SCHEMA', 'TYPE', 'DOMAIN', 'SEQUENCE', 'EXTENSION']);

const STILL_USED = 'the release before still uses it';

/**
 * Finds what the release before could not run with. It does run: beside the new one until that has taken over, and
 * again after a rollback. What the added files create themselves may be changed at will, as no release knows it; a
 * file that says it is meant, by a marker with a reason, is left alone.
 *
 * The text of functions and DO blocks is not looked into.
 *
 * @returns one sentence each, starting with file and line, with the statement, what breaks, and what to do
 * @throws `UnterminatedSqlError`
 */
export function compatibilityProblems({ applied, added }: ReleaseMigrations): readonly string[] {
  const known = surveyOf(applied);
  const state: State = { own: new Set(), defaults: new Set(), known, harmless: surveyOf([...applied, ...added]) };
  return added.flatMap((migration) => {
    const { reasons } = takeOutMarkers(migration.sql);
    const file = migrationFile(migration);
    const problems = splitStatements(migration.sql).flatMap(({ text, line }) =>
      statementProblems(text, state).map((problem) => `${file}:${line}: ${problem}; ${ADVICE}`),
    );
    if (reasons.length === 0) return problems;
    return reasons.includes('')
      ? [`${file}: \`${COMPATIBILITY_MARKER}\` must be followed by the reason, got none`]
      : [];
  });
}

/** What earlier files tell about names. */
interface Survey {
  readonly objects: ReadonlySet<string>;
  /** Indexes that make nothing unique. */
  readonly plainIndexes: ReadonlySet<string>;
  /** Constraints that only refuse rows: CHECK and FOREIGN KEY. */
  readonly checks: ReadonlySet<string>;
}

function surveyOf(migrations: readonly Migration[]): Survey {
  const [objects, plainIndexes, checks] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const { text } of migrations.flatMap(({ sql }) => splitStatements(sql))) {
    const change = readSchemaChange(text);
    if (change?.kind === 'create') objects.add(change.name.name);
    if (change?.kind === 'create-index' && change.name !== undefined) {
      objects.add(change.name.name);
      if (!change.isUnique) plainIndexes.add(change.name.name);
    }
    for (const name of checkNames(text)) checks.add(name);
  }
  return { objects, plainIndexes, checks };
}

/** Names of the constraints that a statement declares as CHECK, FOREIGN KEY or REFERENCES. */
function checkNames(statement: string): readonly string[] {
  const texts = significantTokens(statement).map(({ text }) => text);
  return texts.flatMap((text, index) => {
    const isDeclared = text.toUpperCase() === 'CONSTRAINT' && CHECKS.has(texts[index + 2]?.toUpperCase() ?? '');
    return isDeclared ? [(texts[index + 1] ?? '').toLowerCase().replaceAll('"', '')] : [];
  });
}

const CHECKS = new Set(['CHECK', 'FOREIGN', 'REFERENCES']);

/** The names that PostgreSQL gives to checks and foreign keys without one. */
const CHECK_NAME = /_(?:check|fkey)\d*$/;

/** What is known while the added files are read from the first to the last statement. */
interface State {
  /** Tables and other objects that the added files make, and columns as `table.column`. */
  readonly own: Set<string>;
  /** Columns among them that have a default. */
  readonly defaults: Set<string>;
  readonly known: Survey;
  readonly harmless: Survey;
}

function statementProblems(statement: string, state: State): readonly string[] {
  const change = readSchemaChange(statement);
  switch (change?.kind) {
    case undefined:
      return [];
    case 'create':
      addOwn(state, change.name.name);
      return [];
    case 'create-index':
      return indexProblems(change, state);
    case 'drop':
      return dropProblems(change, state);
    case 'alter':
      return alterProblems(change, state);
  }
}

/** CREATE ... IF NOT EXISTS of something that an applied file has made makes nothing. */
function addOwn({ own, known }: State, name: string): void {
  if (!known.objects.has(name)) own.add(name);
}

function indexProblems(
  { isUnique, name, table }: Extract<SchemaChange, { kind: 'create-index' }>,
  state: State,
): readonly string[] {
  if (name !== undefined) addOwn(state, name.name);
  if (!isUnique || state.own.has(table.name)) return [];
  return [`\`CREATE UNIQUE INDEX\` on ${table.written}: the release before may write rows that it refuses`];
}

function dropProblems(
  { object, names }: Extract<SchemaChange, { kind: 'drop' }>,
  { own, harmless }: State,
): readonly string[] {
  const missed = names.filter(({ name }) => !own.has(name));
  if (MISSED_OBJECTS.has(object)) return missed.map(({ written }) => `\`DROP ${object} ${written}\`: ${STILL_USED}`);
  if (object !== 'INDEX') return [];
  return (
    missed
      // An index is in the schema of its table, which CREATE INDEX does not name.
      .filter(({ name }) => !harmless.plainIndexes.has(name.split('.').at(-1) ?? name))
      .map(({ written }) => `\`DROP INDEX ${written}\`: the release before may need it for its unique key`)
  );
}

const ALTERED_OBJECTS = new Set(['TABLE', 'VIEW', 'TYPE', 'DOMAIN', 'SCHEMA']);

function alterProblems(change: Extract<SchemaChange, { kind: 'alter' }>, state: State): readonly string[] {
  const { object, name, actions } = change;
  const isOwn = state.own.has(name.name);
  return actions.flatMap(({ action, text }) => {
    if (isOwn && action.kind === 'rename') state.own.add(action.to.name);
    // What a domain no longer refuses, nobody misses.
    const isLoosened = object === 'DOMAIN' && action.kind === 'drop-constraint';
    const isHarmless = isOwn || isLoosened || !ALTERED_OBJECTS.has(object);
    const breaks = isHarmless ? undefined : breaksWhat(action, { state, table: name.name });
    return breaks === undefined ? [] : [`\`ALTER ${object} ${name.written} ${shorten(text)}\`: ${breaks}`];
  });
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

interface Place {
  readonly state: State;
  /** Name of the altered object. */
  readonly table: string;
}

/** What each change breaks; the others break nothing. */
const BREAKS: Readonly<Partial<Record<AlterAction['kind'], string>>> = {
  rename: 'the release before still uses the old name',
  'set-schema': 'the release before still uses the old name',
  'add-constraint': 'the release before may write rows that it refuses',
  'set-not-null': 'the release before may write rows that it refuses',
  detach: 'the release before still uses the rows of the partition',
  'row-security': 'the release before has no policy that lets its rows through',
  'drop-constraint': 'the release before may need it for its unique key',
  'add-column': 'the release before leaves the column out, so none of its rows could be written; give it a DEFAULT',
  require: 'the release before may write rows without it',
  'drop-default': 'the release before may leave the column out',
  'generate-always': 'the release before may write the column',
  'change-type': 'the release before writes and reads the old type',
  'rename-part': STILL_USED,
  'drop-part': STILL_USED,
};

function breaksWhat(action: AlterAction, place: Place): string | undefined {
  return 'part' in action && isUnnoticed(action, place) ? undefined : BREAKS[action.kind];
}

/** Whether the release before cannot notice the change of a column or constraint. */
function isUnnoticed(action: Extract<AlterAction, { readonly part: unknown }>, { state, table }: Place): boolean {
  const { own, defaults, harmless } = state;
  const column = `${table}.${action.part.name}`;
  switch (action.kind) {
    case 'add-column':
      own.add(column);
      if (action.hasDefault) defaults.add(column);
      return action.hasDefault || !action.isRequired;
    case 'set-default':
      if (own.has(column)) defaults.add(column);
      return true;
    case 'require':
      return defaults.has(column);
    case 'drop-default':
      return false;
    case 'drop-constraint':
      return CHECK_NAME.test(action.part.name) || harmless.checks.has(action.part.name);
    default:
      return own.has(column);
  }
}
