import { ExpressionError } from '../expression-error.ts';
import { compileCall } from './math-functions.ts';
import { compileNegation, compileOperator } from './math-operators.ts';
import type { Compiled, CompiledSeries, MathFrame, MathScope, Series } from './math-value.ts';
import { parseExpression, type MathNode } from './parse-expression.ts';

/** The metrics and formulas of an alarm, by their ids. */
export interface MathSource {
  readonly metricIds: readonly string[];
  readonly formulas: ReadonlyMap<string, string>;
  /** Id of the formula whose result is compared with the threshold. */
  readonly returned: string;
}

/** A formula that cannot be used: which one, and why. */
export class FormulaError extends Error {
  override readonly name = 'FormulaError';
}

/**
 * Makes one function of the formulas of an alarm, with everything checked that can be wrong about them.
 *
 * @returns evaluates to the one series that is compared with the threshold
 * @throws {@link FormulaError} for what is no formula, is not modelled, or has a result that an alarm cannot take
 */
export function compileMath(source: MathSource): (frame: MathFrame) => Series {
  return compileReturned(source).evaluate;
}

function compileReturned(source: MathSource): CompiledSeries {
  const result = compileFormula(source.returned, source, []);
  if (result.shape === 'series') return result;
  const got = result.shape === 'scalar' ? 'a number' : 'an array';
  throw new FormulaError(`formula \`${source.returned}\`: an alarm takes one time series, and this is ${got}`);
}

/** `within` are the formulas that refer to this one. */
function compileFormula(id: string, source: MathSource, within: readonly string[]): Compiled {
  const path = [...within, id];
  const compile = (node: MathNode): Compiled => compileNode(node, scope);
  const scope: NodeScope = {
    compile,
    metricIds: source.metricIds,
    formula: (inner, position) => {
      if (!source.formulas.has(inner)) throw unknownId(inner, source, position);
      if (path.includes(inner)) throw new ExpressionError(`\`${inner}\` refers to itself`, position);
      return compileFormula(inner, source, path);
    },
  };
  try {
    return compile(parseExpression(source.formulas.get(id) ?? ''));
  } catch (error) {
    if (error instanceof ExpressionError) throw new FormulaError(`formula \`${id}\`: ${error.message}`);
    throw error;
  }
}

interface NodeScope extends MathScope {
  readonly formula: (id: string, position: number) => Compiled;
}

function compileNode(node: MathNode, scope: NodeScope): Compiled {
  switch (node.kind) {
    case 'number':
      return { shape: 'scalar', evaluate: () => node.value };
    case 'reference':
      return compileReference(node.id, scope, node.position);
    case 'negate':
      return compileNegation(scope.compile(node.operand));
    case 'binary': {
      const operands = { left: scope.compile(node.left), right: scope.compile(node.right) };
      return compileOperator(node.operator, operands, node.position);
    }
    case 'array':
      return compileArray(node.items, scope);
    case 'call':
      return compileCall(node, scope);
    case 'string':
      throw new ExpressionError('only `METRICS` takes text in quotes', node.position);
    case 'keyword':
      throw new ExpressionError(`\`${node.word}\` is not modelled`, node.position);
  }
}

function compileReference(id: string, scope: NodeScope, position: number): Compiled {
  return scope.metricIds.includes(id)
    ? { shape: 'series', evaluate: ({ metric }) => metric(id) }
    : scope.formula(id, position);
}

function compileArray(items: readonly MathNode[], scope: NodeScope): Compiled {
  const parts = items.map((item) => {
    const part = scope.compile(item);
    if (part.shape === 'scalar')
      throw new ExpressionError('an array holds time series, and this is a number', item.position);
    return part;
  });
  return {
    shape: 'array',
    evaluate: (frame) =>
      parts.flatMap((part) => (part.shape === 'series' ? [part.evaluate(frame)] : part.evaluate(frame))),
  };
}

function unknownId(id: string, { metricIds, formulas }: MathSource, position: number): ExpressionError {
  const known = [...metricIds, ...formulas.keys()].join(', ');
  return new ExpressionError(`no metric or formula has the id \`${id}\`; these do: ${known}`, position);
}
