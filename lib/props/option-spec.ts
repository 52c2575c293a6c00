import type { Duration } from 'aws-cdk-lib';
import type { IntegerRange } from '../../contract/integer-range.ts';

/** What an option may be. Each kind says how a value is checked, how it is read from text and how its range reads. */
export type OptionSpec =
  | (IntegerRange & { readonly kind: 'integer'; readonly fallback: number | undefined })
  | {
      readonly kind: 'number';
      readonly min: number;
      readonly max: number;
      readonly step: number;
      readonly fallback: number;
    }
  | { readonly kind: 'boolean'; readonly fallback: boolean }
  /** In whole seconds. */
  | (IntegerRange & { readonly kind: 'duration'; readonly fallback: number | undefined })
  | ChoiceSpec<string | number>
  | { readonly kind: 'text'; readonly form: TextForm; readonly fallback: string | undefined }
  | { readonly kind: 'list'; readonly form: TextForm; readonly maxItems: number };

interface ChoiceSpec<Value> {
  readonly kind: 'choice';
  readonly values: readonly Value[];
  readonly fallback: Value;
}

/** The kinds of spec that fit the type of an option; tuples keep unions of literals and booleans whole. */
type SpecFor<Value> = [Value] extends [boolean]
  ? Extract<OptionSpec, { kind: 'boolean' }>
  : [Value] extends [number]
    ? Extract<OptionSpec, { kind: 'integer' | 'number' }> | ChoiceSpec<number>
    : [Value] extends [string]
      ? string extends Value
        ? Extract<OptionSpec, { kind: 'text' }>
        : ChoiceSpec<Value>
      : [Value] extends [Duration]
        ? Extract<OptionSpec, { kind: 'duration' }>
        : Extract<OptionSpec, { kind: 'list' }>;

/** One spec for each option of an interface. */
export type SpecsFor<Options> = { readonly [Name in keyof Options]-?: SpecFor<NonNullable<Options[Name]>> };

/** Options with their defaults filled in; one without a default stays undefined when it is not given. */
export type Resolved<Options, Specs extends { readonly [Name in keyof Options]-?: unknown }> = {
  readonly [Name in keyof Options]-?: Specs[Name] extends { readonly fallback: infer Fallback }
    ? NonNullable<Options[Name]> | Extract<Fallback, undefined>
    : NonNullable<Options[Name]>;
};

/** A form that text must have, and the words for it. */
export interface TextForm {
  readonly pattern: RegExp;
  /** Completes "must be ..."; also the range in the documentation. */
  readonly words: string;
}

// The type of each default is kept, so that an option without one is known as such when it is resolved.

/** A whole number. */
export const integer = <Fallback extends number | undefined = undefined>(range: IntegerRange, fallback?: Fallback) => ({
  kind: 'integer' as const,
  ...range,
  fallback: fallback as Fallback,
});

/** A duration in whole seconds; so are range and default. */
export const duration = <Fallback extends number | undefined = undefined>(
  range: IntegerRange,
  fallback?: Fallback,
) => ({
  kind: 'duration' as const,
  ...range,
  fallback: fallback as Fallback,
});

/** Text of a form. */
export const text = <Fallback extends string | undefined = undefined>(form: TextForm, fallback?: Fallback) => ({
  kind: 'text' as const,
  form,
  fallback: fallback as Fallback,
});

/** One of a few values; the first is the default. */
export const choice = <Value extends string>(first: Value, ...others: readonly Value[]) => ({
  kind: 'choice' as const,
  values: [first, ...others],
  fallback: first,
});

/** True or false. */
export const flag = (fallback: boolean) => ({ kind: 'boolean' as const, fallback });

/** A list of text, empty by default. */
export const list = (form: TextForm, maxItems: number) => ({ kind: 'list' as const, form, maxItems });

/** The least and the most, both allowed. */
export const from = (min: number, max: number): IntegerRange => ({ min, max });

/** Seconds of a minute. */
export const MINUTE = 60;

/** Seconds of an hour. */
export const HOUR = 60 * MINUTE;

/** Seconds of a day. */
export const DAY = 24 * HOUR;
