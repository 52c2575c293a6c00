import { ExpressionError } from '../expression-error.ts';
import type { Compiled, MathCall, MathFrame, MathScope, Point, Series } from './math-value.ts';

/** Puts a value where the points have none. */
type Filler = (points: readonly Point[], frame: MathFrame) => readonly Point[];

/**
 * `FILL`, with a number, another series, `REPEAT` or `LINEAR`. It fills every empty period that is looked at, also the
 * newest, whose value may only not have arrived yet.
 *
 * @throws {@link ExpressionError} for arguments that it does not take
 */
export function compileFill({ args, position }: MathCall, scope: MathScope): Compiled {
  const [target, filling] = args;
  if (target === undefined || filling === undefined) throw new Error('the number of arguments was checked');
  const operand = scope.compile(target);
  if (operand.shape === 'scalar') throw new ExpressionError('`FILL` takes a time series, got a number', position);
  const filler =
    filling.kind === 'keyword'
      ? keywordFiller(filling.word, filling.position)
      : valueFiller(scope.compile(filling), filling.position);
  const fill = (series: Series, frame: MathFrame): Series =>
    series.published || frame.fillsUnpublished ? { ...series, points: filler(series.points, frame) } : series;
  if (operand.shape === 'series') return { shape: 'series', evaluate: (frame) => fill(operand.evaluate(frame), frame) };
  return {
    shape: 'array',
    evaluate: (frame) => operand.evaluate(frame).map((series) => fill(series, frame)),
  };
}

function valueFiller(value: Compiled, position: number): Filler {
  if (value.shape === 'scalar')
    return (points, frame) => {
      const filling = value.evaluate(frame);
      return points.map((point) => point ?? filling);
    };
  if (value.shape === 'series')
    return (points, frame) => {
      const filling = value.evaluate(frame);
      return points.map((point, index) => point ?? filling.points[index]);
    };
  throw new ExpressionError(
    '`FILL` fills with a number, one series, `REPEAT` or `LINEAR`, not with an array',
    position,
  );
}

function keywordFiller(word: string, position: number): Filler {
  if (word === 'REPEAT') return repeat;
  if (word === 'LINEAR') return interpolate;
  throw new ExpressionError(`\`FILL\` takes a number, a series, \`REPEAT\` or \`LINEAR\`, got ${word}`, position);
}

/** The newest value before; nothing before the first. */
function repeat(points: readonly Point[]): readonly Point[] {
  let newest: Point;
  return points.map((point) => (newest = point ?? newest));
}

/** Between two values; nothing before the first and after the last. */
function interpolate(points: readonly Point[]): readonly Point[] {
  const known = points.flatMap((value, index) => (value === undefined ? [] : [{ value, index }]));
  return points.map((point, index) => {
    const before = known.findLast((entry) => entry.index <= index);
    const after = known.find((entry) => entry.index >= index);
    if (point !== undefined || before === undefined || after === undefined) return point;
    const share = (index - before.index) / (after.index - before.index);
    return before.value + share * (after.value - before.value);
  });
}
