import { ExpressionError } from '../expression-error.ts';
import {
  finite,
  type Compiled,
  type CompiledScalar,
  type CompiledSeries,
  type Point,
  type Series,
} from './math-value.ts';
import type { BinaryOperator } from './parse-expression.ts';

type Operation = (left: number, right: number) => number;

const ARITHMETIC: Partial<Record<BinaryOperator, Operation>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '^': (left, right) => left ** right,
};

const LOGIC: Partial<Record<BinaryOperator, Operation>> = {
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<': (left, right) => Number(left < right),
  '<=': (left, right) => Number(left <= right),
  '>': (left, right) => Number(left > right),
  '>=': (left, right) => Number(left >= right),
  AND: (left, right) => Number(left !== 0 && right !== 0),
  OR: (left, right) => Number(left !== 0 || right !== 0),
};

type OneValued = CompiledScalar | CompiledSeries;

interface Operands {
  readonly left: Compiled;
  readonly right: Compiled;
}

/**
 * An operator between two parts of a formula. Between two series, a point that only one of them has counts as 0 in the
 * other; beside a number, a missing point stays missing.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html}
 *
 * @throws {@link ExpressionError} for operands that the operator does not take
 */
export function compileOperator(operator: BinaryOperator, { left, right }: Operands, position: number): Compiled {
  if (left.shape !== 'array' && right.shape !== 'array') return combine(operationOf(operator), left, right);
  const operation = ARITHMETIC[operator];
  if (operation === undefined) throw new ExpressionError(`\`${operator}\` takes no array of series`, position);
  return mapArray(operation, { left, right }, position);
}

/** Minus in front. */
export function compileNegation(operand: Compiled): Compiled {
  const zero: CompiledScalar = { shape: 'scalar', evaluate: () => 0 };
  return compileOperator('-', { left: zero, right: operand }, 0);
}

function operationOf(operator: BinaryOperator): Operation {
  const operation = ARITHMETIC[operator] ?? LOGIC[operator];
  if (operation === undefined) throw new Error(`no operation for ${operator}`);
  return operation;
}

function combine(operation: Operation, left: OneValued, right: OneValued): OneValued {
  if (left.shape === 'scalar' && right.shape === 'scalar')
    return {
      shape: 'scalar',
      evaluate: (frame) => apply(operation, left.evaluate(frame), right.evaluate(frame)),
    };
  return {
    shape: 'series',
    evaluate: (frame) => combineValues(operation, left.evaluate(frame), right.evaluate(frame)),
  };
}

/** At least one of them is a series. */
function combineValues(operation: Operation, left: Point | Series, right: Point | Series): Series {
  if (isSeries(left) && isSeries(right)) return combineSeries(operation, left, right);
  if (isSeries(left) && !isSeries(right))
    return { ...left, points: left.points.map((point) => apply(operation, point, right)) };
  if (isSeries(right) && !isSeries(left))
    return { ...right, points: right.points.map((point) => apply(operation, left, point)) };
  throw new Error('two numbers make no series');
}

function combineSeries(operation: Operation, left: Series, right: Series): Series {
  return {
    points: left.points.map((point, index) => {
      const other = right.points[index];
      return point === undefined && other === undefined ? undefined : apply(operation, point ?? 0, other ?? 0);
    }),
    published: left.published || right.published,
  };
}

function mapArray(operation: Operation, { left, right }: Operands, position: number): Compiled {
  if (left.shape === 'array' && right.shape === 'array')
    throw new ExpressionError('an operator takes only one array of series', position);
  return {
    shape: 'array',
    evaluate: (frame) => {
      const a = left.evaluate(frame);
      const b = right.evaluate(frame);
      if (isArray(a) && !isArray(b)) return a.map((series) => combineValues(operation, series, b));
      if (isArray(b) && !isArray(a)) return b.map((series) => combineValues(operation, a, series));
      throw new Error('one of the operands is an array');
    },
  };
}

function apply(operation: Operation, left: Point, right: Point): Point {
  return left === undefined || right === undefined ? undefined : finite(operation(left, right));
}

function isSeries(value: Point | Series): value is Series {
  return typeof value === 'object';
}

function isArray(value: Point | Series | readonly Series[]): value is readonly Series[] {
  return Array.isArray(value);
}
