/** One value per period, oldest first; undefined where there is no datapoint. */
export type Series = readonly (number | undefined)[];

/** The metrics of a formula, and what nobody has documented. */
export interface MathInput {
  readonly series: Readonly<Record<string, Series>>;
  /** Whether FILL fills a metric that has no datapoint at all. */
  readonly fillsNothing: boolean;
}

type Value = number | Series;
type Operator = (a: number, b: number) => number | undefined;

const OPERATORS: readonly Readonly<Record<string, Operator>>[] = [
  { AND: (a, b) => Number(a !== 0 && b !== 0), OR: (a, b) => Number(a !== 0 || b !== 0) },
  {
    '<=': (a, b) => Number(a <= b),
    '>=': (a, b) => Number(a >= b),
    '==': (a, b) => Number(a === b),
    '<': (a, b) => Number(a < b),
    '>': (a, b) => Number(a > b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => (b === 0 ? undefined : a / b) },
];

/**
 * Evaluates the part of metric math that alarms use, by the rules that AWS documents for missing datapoints: between two
 * series the missing side is 0, unless both are missing; against a number there is no value; IF without a condition has
 * none either.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html}
 */
export function evaluateMath(expression: string, input: MathInput): Series {
  const tokens = expression.match(/[a-zA-Z]\w*|\d+(?:\.\d+)?|<=|>=|==|[-+*/()<>,]/g) ?? [];
  const parser = new Parser(tokens, input);
  const value = parser.binary(0);
  if (!parser.isAtEnd || typeof value === 'number') throw new Error(`not a formula over metrics: ${expression}`);
  return value;
}

class Parser {
  private at = 0;
  private readonly tokens: readonly string[];
  private readonly input: MathInput;

  constructor(tokens: readonly string[], input: MathInput) {
    this.tokens = tokens;
    this.input = input;
  }

  get isAtEnd(): boolean {
    return this.at === this.tokens.length;
  }

  binary(level: number): Value {
    const operators = OPERATORS[level];
    if (operators === undefined) return this.primary();
    let left = this.binary(level + 1);
    for (;;) {
      const operator = operators[this.tokens[this.at] ?? ''];
      if (operator === undefined) return left;
      this.at += 1;
      left = combine(left, this.binary(level + 1), operator);
    }
  }

  private primary(): Value {
    const token = this.tokens[this.at] ?? '';
    this.at += 1;
    if (token === '(') {
      const inner = this.binary(0);
      this.expect(')');
      return inner;
    }
    if (token === 'IF' || token === 'FILL') return this.call(token);
    if (/^\d/.test(token)) return Number(token);
    const series = this.input.series[token];
    if (series === undefined) throw new Error(`no metric ${token}`);
    return series;
  }

  private call(name: 'IF' | 'FILL'): Value {
    this.expect('(');
    const values = [this.binary(0)];
    while (this.tokens[this.at] === ',') {
      this.at += 1;
      values.push(this.binary(0));
    }
    this.expect(')');
    const [first = [], second = [], third = []] = values;
    return name === 'FILL' ? this.fill(first as Series, second as number) : choose(first as Series, second, third);
  }

  private fill(series: Series, value: number): Series {
    const isEmpty = series.every((point) => point === undefined);
    return isEmpty && !this.input.fillsNothing ? series : series.map((point) => point ?? value);
  }

  private expect(token: string): void {
    if (this.tokens[this.at] !== token) throw new Error(`expected ${token}, got ${this.tokens[this.at] ?? 'the end'}`);
    this.at += 1;
  }
}

function combine(a: Value, b: Value, operator: Operator): Value {
  if (typeof a === 'number') {
    if (typeof b === 'number') return operator(a, b) ?? 0;
    return b.map((point) => (point === undefined ? undefined : operator(a, point)));
  }
  if (typeof b === 'number') return a.map((point) => (point === undefined ? undefined : operator(point, b)));
  return a.map((point, index) => {
    const other = b[index];
    return point === undefined && other === undefined ? undefined : operator(point ?? 0, other ?? 0);
  });
}

function choose(condition: Series, yes: Value, no: Value): Series {
  return condition.map((point, index) => {
    if (point === undefined) return undefined;
    if (point === 0) return typeof no === 'number' ? no : no[index];
    return typeof yes === 'number' ? yes : (yes[index] ?? 0);
  });
}
