import { Duration, Token } from 'aws-cdk-lib';
import { describeIntegerRange, isIntegerWithin } from '../../contract/integer-range.ts';
import { formatSeconds } from '../../contract/duration-text.ts';
import type { OptionSpec, TextForm } from './option-spec.ts';

/** Puts what a prop may be in words, as they stand in its documentation and after "must be" in messages. */
export function describeRange(spec: OptionSpec): string {
  switch (spec.kind) {
    case 'integer':
      return `${spec.min} to ${spec.max}`;
    case 'number':
      return `${spec.min} to ${spec.max} in steps of ${spec.step}`;
    case 'boolean':
      return 'true or false';
    case 'duration':
      return `${formatSeconds(spec.min)} to ${formatSeconds(spec.max)}`;
    case 'choice':
      return `${spec.values.slice(0, -1).join(', ')} or ${String(spec.values.at(-1))}`;
    case 'text':
      return spec.form.words;
    case 'list':
      return `${spec.form.words}, at most ${spec.maxItems}`;
  }
}

/**
 * Checks one value that is set. What is known only at deploy time (a CDK token) passes.
 *
 * @param name of the prop, for the message
 * @param spec what it may be
 * @param value anything
 * @returns the problem, or undefined
 */
export function checkValue(name: string, spec: OptionSpec, value: unknown): string | undefined {
  if (Token.isUnresolved(value) || fits(spec, value)) return undefined;
  return `\`${name}\` must be ${expectation(spec)}, got ${describeValue(value)}`;
}

function expectation(spec: OptionSpec): string {
  const range = describeRange(spec);
  switch (spec.kind) {
    case 'integer':
      return describeIntegerRange(spec);
    case 'number':
      return `a number from ${range}`;
    case 'duration':
      return `a duration in whole seconds from ${range}`;
    case 'list':
      return `a list of at most ${spec.maxItems}, each ${spec.form.words}`;
    case 'boolean':
    case 'choice':
    case 'text':
      return range;
  }
}

function fits(spec: OptionSpec, value: unknown): boolean {
  switch (spec.kind) {
    case 'integer':
      return isIntegerWithin(value, spec);
    case 'number':
      return numberFits(spec, value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'duration':
      return durationFits(spec, value);
    case 'choice':
      return spec.values.includes(value as string);
    case 'text':
      return textFits(spec.form, value);
    case 'list':
      return Array.isArray(value) && value.length <= spec.maxItems && value.every((item) => textFits(spec.form, item));
  }
}

function numberFits({ min, max, step }: OptionSpec & { readonly kind: 'number' }, value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value / step) && value >= min && value <= max;
}

function durationFits(spec: OptionSpec & { readonly kind: 'duration' }, value: unknown): boolean {
  return value instanceof Duration && (value.isUnresolved() || isIntegerWithin(secondsOf(value), spec));
}

function textFits({ pattern }: TextForm, value: unknown): boolean {
  return typeof value === 'string' && (Token.isUnresolved(value) || pattern.test(value));
}

function secondsOf(duration: Duration): number {
  return duration.toMilliseconds() / 1000;
}

function describeValue(value: unknown): string {
  if (value instanceof Duration) return `${secondsOf(value)}s`;
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}
