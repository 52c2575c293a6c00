/**
 * Column types as the statement has them.
 *
 * @module
 */
import type { ParsedColumnType } from './column-type.ts';
import { parseColumnType } from './column-type.ts';
import { OWN } from './table-kind.ts';

/** Types whose bare name means a length of one, and the name under which they have any length. */
const OF_ANY_LENGTH: Readonly<Record<string, string>> = {
  char: 'bpchar',
  character: 'bpchar',
  bit: 'varbit',
};

/**
 * The type of a column as PostgreSQL knows it, without a length: what is too long for its column is refused there, while
 * a cast would cut it, or round it, without a word.
 */
export function sqlTypeOf(type: string): string {
  const { kind, name } = parsed(type);
  if (kind === 'sql') {
    const bare = name.replaceAll(/\([^)]*\)/g, '');
    const [, element = bare, brackets = ''] = /^(.*?)((?:\[\])*)$/.exec(bare) ?? [];
    return `${OF_ANY_LENGTH[element.toLowerCase()] ?? element}${brackets}`;
  }
  const element = name === 'position' ? 'numeric' : name;
  return kind === 'list' ? `${element}[]` : element;
}

/** Types whose length is a scale: a value is rounded to it, and nothing is cut. */
const WITH_SCALE = /^(?:numeric|decimal|time|timetz|timestamp|timestamptz|interval)\b/i;

/** The type that a cell is read as: rounded as its column does it, so that rows are compared as the table will have them. */
function cellTypeOf(type: string): string {
  const { kind, name } = parsed(type);
  return kind === 'sql' && WITH_SCALE.test(name) ? name : sqlTypeOf(type);
}

/** Whether a type is known by name only, or a list: what PostgreSQL prints and reads as text, whatever it is. */
export function isComposed(type: string): boolean {
  return parsed(type).kind !== 'one';
}

/** By type: SQL that gives one value to all that PostgreSQL takes for equal, and that JSON shows alike in every session. */
const KEY_FORMS: Readonly<Record<string, (value: string) => string>> = {
  // 1.0 is 1.00.
  numeric: (value) => `trim_scale(${value})`,
  decimal: (value) => `trim_scale(${value})`,
  // -0 is 0.
  'double precision': (value) => `${value} + 0`,
  real: (value) => `${value} + 0`,
  timestamptz: (value) => `${value} AT TIME ZONE 'UTC'`,
  bytea: (value) => `encode(${value}, 'hex')`,
  inet: (value) => `${value}::text`,
  // 24 hours are a day, and 30 days a month.
  interval: (value) => `justify_interval(${value})::text`,
  citext: (value) => `lower(${value}::text)`,
};

/** SQL of a key's value in one form for all values that PostgreSQL takes for equal. */
export function keyForm(value: string, type: string): string {
  const form = KEY_FORMS[sqlTypeOf(type).toLowerCase()];
  if (form !== undefined) return form(value);
  return isComposed(type) ? `${value}::text` : value;
}

/** The cell of a row at a position, read from its JSON array as a value of the column. */
export function readCell(type: string, position: number): string {
  const { kind, name, nullable } = parsed(type);
  if (kind !== 'one' || (name !== 'jsonb' && name !== 'json'))
    return `(${OWN.cells}->>${position})::${cellTypeOf(type)}`;
  // A cell of JSON is taken as it is; text in between would lose whether "1" was a string or a number.
  const cell = nullable ? `NULLIF(${OWN.cells}->${position}, 'null'::jsonb)` : `${OWN.cells}->${position}`;
  return name === 'json' ? `(${cell})::json` : cell;
}

function parsed(type: string): ParsedColumnType {
  const found = parseColumnType(type);
  if (found === undefined) throw new TypeError(`unknown column type ${type}`);
  return found;
}
