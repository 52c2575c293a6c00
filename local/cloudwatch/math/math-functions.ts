import { ExpressionError } from '../expression-error.ts';
import { compileFill } from './fill.ts';
import {
  finite,
  type Compiled,
  type CompiledSeries,
  type MathCall,
  type MathScope,
  type Point,
  type Series,
} from './math-value.ts';

interface MathFunction {
  /** Fewest and most arguments. */
  readonly arity: readonly [min: number, max: number];
  readonly compile: (call: MathCall, scope: MathScope) => Compiled;
}

const FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  ABS: pointwise(Math.abs),
  AVG: aggregate((points) => total(points) / points.length, { missingIsZero: true }),
  CEIL: pointwise(Math.ceil),
  DIFF: overSeries(({ points, published }) => ({ points: changes(points, (change) => change), published })),
  FILL: { arity: [2, 2], compile: compileFill },
  FLOOR: pointwise(Math.floor),
  IF: { arity: [2, 3], compile: compileIf },
  LOG: pointwise(Math.log),
  LOG10: pointwise(Math.log10),
  MAX: aggregate((points) => points.reduce((most, point) => Math.max(most, point), -Infinity)),
  METRICS: { arity: [0, 1], compile: compileMetrics },
  MIN: aggregate((points) => points.reduce((least, point) => Math.min(least, point), Infinity)),
  PERIOD: { arity: [1, 1], compile: compilePeriod },
  RATE: overSeries(({ points, published }, periodSeconds) => ({
    points: changes(points, (change, periods) => change / (periods * periodSeconds)),
    published,
  })),
  SUM: aggregate(total, { missingIsZero: true }),
  TIME_SERIES: { arity: [1, 1], compile: compileTimeSeries },
};

/**
 * A call of a function.
 *
 * @throws {@link ExpressionError} for a function that is not modelled, or arguments that it does not take
 */
export function compileCall(call: MathCall, scope: MathScope): Compiled {
  const found = Object.hasOwn(FUNCTIONS, call.name) ? FUNCTIONS[call.name] : undefined;
  if (found === undefined) {
    const known = Object.keys(FUNCTIONS).join(', ');
    throw new ExpressionError(`the function \`${call.name}\` is not modelled; these are: ${known}`, call.position);
  }
  const [min, max] = found.arity;
  if (call.args.length < min || call.args.length > max) {
    const expected = min === max ? String(min) : `${min} to ${max}`;
    throw new ExpressionError(`\`${call.name}\` takes ${expected} arguments, got ${call.args.length}`, call.position);
  }
  return found.compile(call, scope);
}

/** A function of each series, alone or in an array. */
function overSeries(change: (series: Series, periodSeconds: number) => Series): MathFunction {
  return {
    arity: [1, 1],
    compile: (call, scope) => {
      const operand = firstArgument(call, scope);
      if (operand.shape === 'series')
        return { shape: 'series', evaluate: (frame) => change(operand.evaluate(frame), frame.periodSeconds) };
      if (operand.shape === 'array')
        return {
          shape: 'array',
          evaluate: (frame) => operand.evaluate(frame).map((series) => change(series, frame.periodSeconds)),
        };
      throw new ExpressionError(`\`${call.name}\` takes a time series, got a number`, call.position);
    },
  };
}

function pointwise(operation: (value: number) => number): MathFunction {
  return overSeries(({ points, published }) => ({
    points: points.map((point) => (point === undefined ? undefined : finite(operation(point)))),
    published,
  }));
}

/** Of one series a number over all its points, of an array a series with one value per period. */
function aggregate(
  operation: (points: readonly number[]) => number,
  { missingIsZero = false }: { readonly missingIsZero?: boolean } = {},
): MathFunction {
  const ofPoints = (points: readonly Point[]): Point => {
    const present = points.filter((point) => point !== undefined);
    return present.length === 0 ? undefined : finite(operation(present));
  };
  return {
    arity: [1, 1],
    compile: (call, scope) => {
      const operand = firstArgument(call, scope);
      if (operand.shape === 'series')
        return { shape: 'scalar', evaluate: (frame) => ofPoints(operand.evaluate(frame).points) };
      if (operand.shape === 'scalar')
        throw new ExpressionError(`\`${call.name}\` takes a time series, got a number`, call.position);
      return {
        shape: 'series',
        evaluate: (frame) => {
          const all = operand.evaluate(frame);
          const points = Array.from({ length: frame.periods }, (_, index) => {
            const column = all.map((series) => series.points[index]);
            const someone = column.some((point) => point !== undefined);
            return ofPoints(missingIsZero && someone ? column.map((point) => point ?? 0) : column);
          });
          return { points, published: all.some(({ published }) => published) };
        },
      };
    },
  };
}

/** From the point before, however many periods ago that is; nothing for the first. */
function changes(points: readonly Point[], measure: (change: number, periods: number) => number): readonly Point[] {
  let before: { readonly index: number; readonly value: number } | undefined;
  return points.map((value, index) => {
    if (value === undefined) return undefined;
    const earlier = before;
    before = { index, value };
    return earlier === undefined ? undefined : measure(value - earlier.value, index - earlier.index);
  });
}

/** Where the condition is a series, a missing second argument counts as 0 and a missing third gives no point. */
function compileIf({ args, name, position }: MathCall, scope: MathScope): Compiled {
  const [condition, whenTrue, whenFalse] = args.map((arg) => scope.compile(arg));
  if (condition === undefined || whenTrue === undefined) throw new Error('the number of arguments was checked');
  const parts = [condition, whenTrue, ...(whenFalse === undefined ? [] : [whenFalse])];
  if (parts.some(({ shape }) => shape === 'array'))
    throw new ExpressionError(`\`${name}\` takes no array of series`, position);
  if (parts.every(({ shape }) => shape === 'scalar'))
    throw new ExpressionError(`\`${name}\` takes at least one time series, got only numbers`, position);
  return {
    shape: 'series',
    evaluate: (frame) => {
      const values = parts.map((part) => part.evaluate(frame) as Point | Series);
      const missing = condition.shape === 'series' ? 0 : undefined;
      const points = Array.from({ length: frame.periods }, (_, index) => {
        const [chosen, yes, no] = values.map((value) => pointAt(value, index));
        if (chosen === undefined) return undefined;
        return chosen === 0 ? no : (yes ?? missing);
      });
      return { points, published: values.some((value) => typeof value === 'object' && value.published) };
    },
  };
}

function pointAt(value: Point | Series, index: number): Point {
  return typeof value === 'object' ? value.points[index] : value;
}

function compileMetrics({ args }: MathCall, { metricIds }: MathScope): Compiled {
  const [filter] = args;
  if (filter !== undefined && filter.kind !== 'string')
    throw new ExpressionError('`METRICS` takes a part of an id in double quotes', filter.position);
  const ids = metricIds.filter((id) => filter === undefined || id.includes(filter.value));
  return { shape: 'array', evaluate: ({ metric }) => ids.map(metric) };
}

function compilePeriod({ args, position }: MathCall, { metricIds }: MathScope): Compiled {
  const [metric] = args;
  if (metric?.kind !== 'reference' || !metricIds.includes(metric.id))
    throw new ExpressionError('`PERIOD` takes the id of a metric', metric?.position ?? position);
  return { shape: 'scalar', evaluate: ({ periodSeconds }) => periodSeconds };
}

function compileTimeSeries(call: MathCall, scope: MathScope): CompiledSeries {
  const value = firstArgument(call, scope);
  if (value.shape !== 'scalar') throw new ExpressionError('`TIME_SERIES` takes a number', call.position);
  return {
    shape: 'series',
    evaluate: (frame) => {
      const point = value.evaluate(frame);
      return { points: Array.from({ length: frame.periods }, () => point), published: true };
    },
  };
}

function firstArgument({ args }: MathCall, { compile }: MathScope): Compiled {
  const [first] = args;
  if (first === undefined) throw new Error('the number of arguments was checked');
  return compile(first);
}

function total(points: readonly number[]): number {
  return points.reduce((sum, point) => sum + point, 0);
}
