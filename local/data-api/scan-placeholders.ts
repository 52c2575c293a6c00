import { skipDollarQuoted, skipOpaque } from './skip-opaque.ts';

/** A statement as the database gets it, and the parameter name behind each `$n` of it. */
export interface ScannedStatement {
  readonly text: string;
  /** `names[n - 1]` is the name of `$n`; a name used twice is here twice. */
  readonly names: readonly string[];
}

const NAME = /:(\w+)/y;

/**
 * Rewrites `:name` placeholders to `$1`, `$2`, ... the way the Data API does.
 *
 * Strings, quoted identifiers, comments and `::type` casts are left alone. With `strictQuirks` two faults of the
 * real service are kept: a `:name` inside a dollar-quoted string is replaced, and so is the upper bound of an array
 * slice, `a[1:2]`. Without it, both are left alone. Each occurrence of a name is a placeholder of its own.
 */
export function scanPlaceholders(sql: string, { strictQuirks }: { strictQuirks: boolean }): ScannedStatement {
  const names: string[] = [];
  let text = '';
  let copied = 0;
  for (let index = 0; index < sql.length;) {
    const skipped = skipUnscanned(sql, index, strictQuirks);
    if (skipped > index) {
      index = skipped;
      continue;
    }
    const name = placeholderAt(sql, index, strictQuirks);
    if (name === undefined) {
      index++;
      continue;
    }
    names.push(name);
    text += `${sql.slice(copied, index)}$${names.length}`;
    index += name.length + 1;
    copied = index;
  }
  return { text: text + sql.slice(copied), names };
}

function skipUnscanned(sql: string, index: number, strictQuirks: boolean): number {
  if (sql[index] === ':' && sql[index + 1] === ':') return index + 2;
  const end = skipOpaque(sql, index);
  return end > index || strictQuirks ? end : skipDollarQuoted(sql, index);
}

function placeholderAt(sql: string, index: number, strictQuirks: boolean): string | undefined {
  if (sql[index] !== ':') return undefined;
  NAME.lastIndex = index;
  const name = NAME.exec(sql)?.[1];
  // After a digit, a name or a bracket it can only be the bound of a slice.
  if (!strictQuirks && /[\w)\]]/.test(sql[index - 1] ?? '')) return undefined;
  return name;
}
