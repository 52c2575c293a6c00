/** Longest name of PostgreSQL, in characters of the names that are made here. */
const MAX_NAME = 63;

/** Columns that every table of PostgreSQL has. {@link https://www.postgresql.org/docs/17/ddl-system-columns.html} */
const SYSTEM_COLUMNS = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'] as const;

/** Reserved words of PostgreSQL 17. {@link https://www.postgresql.org/docs/17/sql-keywords-appendix.html} */
const RESERVED_WORDS: ReadonlySet<string> = new Set(
  (
    'all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation ' +
    'column concurrently constraint create cross current_catalog current_date current_role current_schema current_time ' +
    'current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze ' +
    'from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit ' +
    'localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references ' +
    'returning right select session_user similar some symmetric system_user table tablesample then to trailing true union ' +
    'unique user using variadic verbose when where window with'
  ).split(' '),
);

/**
 * Turns any text into a name in lowercase letters, digits and underscores, as tables and columns usually have.
 *
 * @returns nothing where the text has no letter or digit that can stay
 */
export function snakeCase(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z\d]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
}

/** Names of the columns of one table, each given out once. */
export class ColumnNames {
  readonly #taken = new Set<string>(SYSTEM_COLUMNS);

  /** Makes a name of a member's path: `user.homeTown` becomes `user_home_town`, or the like where that is taken. */
  claim(path: readonly string[]): string {
    return claimName(this.#taken, path.map(snakeCase).filter(Boolean).join('_') || 'member');
  }
}

/**
 * Gives out a name that is none of those taken, and takes it.
 *
 * @param taken gets the name
 * @param wanted in snake case
 */
export function claimName(taken: Set<string>, wanted: string): string {
  const base = (/^\d/.test(wanted) ? `n_${wanted}` : wanted).slice(0, MAX_NAME);
  let name = base;
  for (let count = 2; taken.has(name); count += 1) {
    name = `${base.slice(0, MAX_NAME - String(count).length - 1)}_${count}`;
  }
  taken.add(name);
  return name;
}

/** A name as it stands in SQL: quoted where it would be taken for a keyword. */
export function sqlName(name: string): string {
  return RESERVED_WORDS.has(name) ? `"${name}"` : name;
}

/** Names that the generated files use for something else, and words that JavaScript keeps for itself. */
const TAKEN_IDENTIFIERS: ReadonlySet<string> = new Set(
  (
    'counters defineProjection inserts versions z event json orEmpty orNull wholeNumber anyNumber seconds milliseconds ' +
    'await break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static ' +
    'super switch this throw true try typeof undefined var void while with yield arguments eval async ' +
    // What the handler and the unit test use.
    'test expect records join readFileSync runProjection handler createHandler'
  ).split(' '),
);

/** The name of a projection in TypeScript: `order-events` becomes `orderEvents`. */
export function projectionIdentifier(functionName: string): string {
  const [first = '', ...others] = functionName.split('-').filter(Boolean);
  const name = first + others.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
  return TAKEN_IDENTIFIERS.has(name) ? `${name}Events` : name;
}

/** How a member of an object is read in TypeScript: `.name`, or `['other name']`. */
export function access(member: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(member) ? `.${member}` : `[${JSON.stringify(member)}]`;
}
