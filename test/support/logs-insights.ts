/**
 * Runs CloudWatch Logs Insights queries over lines of a log, for the part of the language that the saved queries use;
 * anything else is refused. Where it is not said otherwise, behaviour is that of
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html}
 *
 * @module
 */

/** A field that an event lacks is absent. */
type Value = string | number | boolean | undefined;
type Row = Readonly<Record<string, Value>>;
type Expression = (row: Row) => Value;

/** The rows between two commands, and the columns that are shown of them. */
interface Result {
  readonly rows: readonly Row[];
  /** `undefined` while no command has named any. */
  readonly columns: readonly string[] | undefined;
}

const DEFAULT_COLUMNS = ['@timestamp', '@message'];
const MAX_ROWS = 10_000;

/**
 * Runs a query.
 *
 * @param commands of the query, without the pipes between them
 * @param lines one log event each; JSON gives fields, flattened, with the parts of their names between dots
 * @throws Error for a command or an expression that is not known here
 */
export function runLogsInsightsQuery(commands: readonly string[], lines: readonly string[]): readonly Row[] {
  const start: Result = { rows: lines.map(discoverFields), columns: undefined };
  const { rows, columns = DEFAULT_COLUMNS } = commands.reduce(runCommand, start);
  return rows.slice(0, MAX_ROWS).map((row) => pick(row, columns));
}

/** Lambda's lines have their time in `timestamp` or `time`; it becomes the time of the event. */
function discoverFields(line: string): Row {
  const fields: Record<string, Value> = { '@message': line };
  if (!line.startsWith('{')) return fields;
  flatten(JSON.parse(line), '', fields);
  return { ...fields, '@timestamp': fields['timestamp'] ?? fields['time'] };
}

function flatten(value: unknown, path: string, into: Record<string, Value>): void {
  if (typeof value !== 'object') into[path] = value as Value;
  else for (const [name, member] of Object.entries(value ?? {})) flatten(member, path ? `${path}.${name}` : name, into);
}

function pick(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(columns.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]])));
}

function runCommand(result: Result, command: string): Result {
  const { rows, columns } = result;
  const reader = new CommandReader(command);
  const name = reader.word();
  switch (name) {
    case 'filter': {
      const condition = reader.last(() => reader.condition());
      return { rows: rows.filter((row) => condition(row) === true), columns };
    }
    case 'fields': {
      const shown = reader.last(() => reader.list(() => reader.named()));
      const added = rows.map((row) => ({ ...row, ...evaluate(shown, row) }));
      return { rows: added, columns: [...(columns ?? []), ...shown.map(({ as }) => as)] };
    }
    case 'parse':
      return { rows: parseRows(rows, reader), columns };
    case 'stats':
      return aggregateRows(rows, reader);
    case 'sort':
      return { rows: sortRows(rows, reader), columns };
    case 'limit':
      return { rows: rows.slice(0, Number(reader.last(() => reader.word()))), columns };
    default:
      throw new Error(`the command ${name} is not known here`);
  }
}

/** An expression and the column that it becomes. */
interface Named {
  readonly as: string;
  readonly of: Expression;
}

function evaluate(columns: readonly Named[], row: Row): Row {
  return Object.fromEntries(columns.map(({ as, of }) => [as, of(row)]));
}

/** An event that does not match stays, without the fields. */
function parseRows(rows: readonly Row[], reader: CommandReader): readonly Row[] {
  const source = reader.operand();
  const pattern = reader.last(() => reader.pattern());
  return rows.map((row) => ({ ...row, ...pattern.exec(String(source(row) ?? ''))?.groups }));
}

function sortRows(rows: readonly Row[], reader: CommandReader): readonly Row[] {
  const key = reader.operand();
  const sign = reader.last(() => reader.word()) === 'desc' ? -1 : 1;
  return rows.toSorted((a, b) => sign * order(key(a), key(b)));
}

function order(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a ?? '').localeCompare(String(b ?? ''), 'en');
}

const AGGREGATES: Readonly<Record<string, (values: readonly Value[]) => Value>> = {
  count: (values) => values.length,
  sum: (values) => values.reduce<number>((sum, value) => sum + Number(value), 0),
  min: (values) => values.toSorted(order)[0],
  max: (values) => values.toSorted(order).at(-1),
};

function aggregateRows(rows: readonly Row[], reader: CommandReader): Result {
  const aggregates = reader.list(() => {
    const aggregate = AGGREGATES[reader.word()];
    if (aggregate === undefined) throw new Error('a function of stats that is not known here');
    const [of] = reader.arguments();
    reader.expect('as');
    return { as: reader.word(), aggregate, of };
  });
  reader.expect('by');
  const by = reader.last(() => reader.list(() => reader.named()));
  const groups = Map.groupBy(rows, (row) => JSON.stringify(Object.values(evaluate(by, row))));
  const totals = [...groups.values()].map((group) => ({
    ...evaluate(by, group[0] ?? {}),
    ...Object.fromEntries(aggregates.map(({ as, aggregate, of }) => [as, aggregate(valuesOf(group, of))])),
  }));
  return { rows: totals, columns: [...by, ...aggregates].map(({ as }) => as) };
}

/** `*` stands for every event; a field that an event lacks does not count. */
function valuesOf(rows: readonly Row[], of: Expression | undefined): readonly Value[] {
  return of === undefined ? rows.map(() => true) : rows.map(of).filter((value) => value !== undefined);
}

/** A regular expression, a text, a name or number, an operator. */
const TOKEN = /\s*(\/(?:\\.|[^/\\])+\/|'[^']*'|"[^"]*"|[@\w.]+|!=|[=,()[\]*])/y;

const FUNCTIONS: Readonly<Record<string, (...values: readonly Value[]) => Value>> = {
  coalesce: (...values) => values.find((value) => value !== undefined),
  ispresent: (value) => value !== undefined,
};

/** Reads a command from the left to the right; `and` binds more than `or`. */
class CommandReader {
  readonly #command: string;
  readonly #tokens: string[];

  constructor(command: string) {
    this.#command = command;
    this.#tokens = tokenize(command);
  }

  word(): string {
    return this.#take(/^[@\w.]+$/, 'a name');
  }

  pattern(): RegExp {
    return new RegExp(this.#take(/^\//, 'a regular expression').slice(1, -1));
  }

  expect(token: string): void {
    if (!this.#skip(token)) throw this.#unexpected(token);
  }

  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.#skip(',')) items.push(item());
    return items;
  }

  /** Reads what the command ends with. */
  last<T>(read: () => T): T {
    const value = read();
    if (this.#tokens.length > 0) throw this.#unexpected('the end');
    return value;
  }

  named(): Named {
    const [name = ''] = this.#tokens;
    const of = this.operand();
    return { as: this.#skip('as') ? this.word() : name, of };
  }

  arguments(): Expression[] {
    this.expect('(');
    const values = this.#skip('*') ? [] : this.list(() => this.operand());
    this.expect(')');
    return values;
  }

  operand(): Expression {
    const [token = ''] = this.#tokens;
    if (/^['"]/.test(token)) return always(this.#take(/./, 'a text').slice(1, -1));
    const name = this.word();
    if (this.#tokens[0] === '(') return call(name, this.arguments());
    return /^\d/.test(name) ? always(Number(name)) : (row) => row[name];
  }

  condition(): Expression {
    const parts = [this.#conjunction()];
    while (this.#skip('or')) parts.push(this.#conjunction());
    return (row) => parts.some((part) => part(row) === true);
  }

  #conjunction(): Expression {
    const parts = [this.#comparison()];
    while (this.#skip('and')) parts.push(this.#comparison());
    return (row) => parts.every((part) => part(row) === true);
  }

  #comparison(): Expression {
    if (this.#skip('(')) {
      const inner = this.condition();
      this.expect(')');
      return inner;
    }
    const left = this.operand();
    if (this.#skip('like')) return matches(left, this.pattern());
    if (this.#skip('in')) return isOneOf(left, this.#texts());
    if (!this.#skip('=')) return left;
    return isOneOf(left, [this.operand()]);
  }

  #texts(): Expression[] {
    this.expect('[');
    const texts = this.list(() => this.operand());
    this.expect(']');
    return texts;
  }

  #take(shape: RegExp, what: string): string {
    const [token = ''] = this.#tokens;
    if (!shape.test(token)) throw this.#unexpected(what);
    this.#tokens.shift();
    return token;
  }

  #skip(token: string): boolean {
    if (this.#tokens[0] !== token) return false;
    this.#tokens.shift();
    return true;
  }

  #unexpected(what: string): Error {
    return new Error(`expected ${what}, got ${this.#tokens[0] ?? 'the end'}: ${this.#command}`);
  }
}

function tokenize(command: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < command.length) {
    const token = TOKEN.exec(command)?.[1];
    if (token === undefined) throw new Error(`not known here: ${command}`);
    tokens.push(token);
  }
  return tokens;
}

function always(value: Value): Expression {
  return () => value;
}

function call(name: string, args: readonly Expression[]): Expression {
  const apply = FUNCTIONS[name];
  if (apply === undefined) throw new Error(`the function ${name} is not known here`);
  return (row) => apply(...args.map((argument) => argument(row)));
}

function isOneOf(value: Expression, allowed: readonly Expression[]): Expression {
  return (row) => value(row) !== undefined && allowed.some((other) => other(row) === value(row));
}

function matches(text: Expression, pattern: RegExp): Expression {
  return (row) => pattern.test(String(text(row) ?? ''));
}
