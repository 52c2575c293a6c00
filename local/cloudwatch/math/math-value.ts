import type { MathNode } from './parse-expression.ts';

/** The value of one period; undefined where there is none. */
export type Point = number | undefined;

/** One time series over the periods that are looked at, oldest first. */
export interface Series {
  readonly points: readonly Point[];
  /** Whether any metric it is made of ever had a value, inside these periods or before. */
  readonly published: boolean;
}

/** What a formula is evaluated over. */
export interface MathFrame {
  readonly periods: number;
  readonly periodSeconds: number;
  /** Whether `FILL` gives values to a metric that never had one: AWS does not say, and nobody has measured it. */
  readonly fillsUnpublished: boolean;
  /** The metric with this id, over these periods. */
  readonly metric: (id: string) => Series;
}

/** A part of a formula, ready to be evaluated; a scalar without a value makes no points. */
export type Compiled =
  | { readonly shape: 'scalar'; readonly evaluate: (frame: MathFrame) => Point }
  | { readonly shape: 'series'; readonly evaluate: (frame: MathFrame) => Series }
  | { readonly shape: 'array'; readonly evaluate: (frame: MathFrame) => readonly Series[] };

/** A part of a formula that is one time series. */
export type CompiledSeries = Extract<Compiled, { readonly shape: 'series' }>;

/** A part of a formula that is a number. */
export type CompiledScalar = Extract<Compiled, { readonly shape: 'scalar' }>;

/** A function with what it was called with. */
export type MathCall = Extract<MathNode, { readonly kind: 'call' }>;

/** What a function needs to know of the formula around it. */
export interface MathScope {
  readonly compile: (node: MathNode) => Compiled;
  /** Ids of the metrics of the alarm, not of its formulas. */
  readonly metricIds: readonly string[];
}

/** Without a value where the result is no number, as after a division by zero. */
export function finite(value: number): Point {
  return Number.isFinite(value) ? value : undefined;
}
