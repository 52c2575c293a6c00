import { DataApiError } from './data-api-error.ts';
import type { JsonObject } from './parse-request-body.ts';

/** What the service model says about one member of a request. */
export type MemberRule =
  | {
      readonly type: 'string';
      readonly required?: true;
      readonly minLength?: number;
      readonly maxLength?: number;
    }
  | { readonly type: 'enum'; readonly values: readonly string[] }
  | { readonly type: 'boolean' }
  | { readonly type: 'object' }
  | { readonly type: 'list'; readonly required?: true };

/** The rules of a request, by member. */
export type MemberRules = Readonly<Record<string, MemberRule>>;

/** Whether a member is there: a `null` counts as absent. */
export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/**
 * Checks a request against the rules of the service model and reports everything that is wrong at once.
 *
 * @throws DataApiError `SerializationException` for a member of the wrong JSON type, `ValidationException` for a
 *   missing member, a length outside its limits or an unknown value of a closed set.
 */
export function validateMembers(input: JsonObject, rules: MemberRules): void {
  const problems = Object.entries(rules).flatMap(([name, rule]) => {
    assertJsonType(name, input[name], rule);
    return problemsOf(name, input[name], rule);
  });
  if (problems.length > 0) throw validationError(problems);
}

/** The one form in which constraint violations are reported. */
export function validationError(problems: readonly string[]): DataApiError {
  const count = `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected`;
  return new DataApiError('ValidationException', `${count}: ${problems.join('; ')}`);
}

function problemsOf(name: string, value: unknown, rule: MemberRule): string[] {
  const failed = (constraint: string): string[] => [
    `Value at '${name}' failed to satisfy constraint: Member must ${constraint}`,
  ];
  if (!isPresent(value)) {
    const required = 'required' in rule;
    return required ? [`Value null at '${name}' failed to satisfy constraint: Member must not be null`] : [];
  }
  if (rule.type === 'enum' && !rule.values.includes(value as string)) {
    return failed(`satisfy enum value set: [${rule.values.join(', ')}]`);
  }
  return rule.type === 'string' ? lengthProblems(value as string, rule).flatMap(failed) : [];
}

function lengthProblems(
  value: string,
  { minLength = 0, maxLength = Infinity }: { readonly minLength?: number; readonly maxLength?: number },
): string[] {
  if (value.length < minLength) return [`have length greater than or equal to ${minLength}`];
  // Characters, not UTF-16 units; counting them is only worth it near the limit.
  const tooLong = value.length > maxLength && Array.from(value).length > maxLength;
  return tooLong ? [`have length less than or equal to ${maxLength}`] : [];
}

const JSON_TYPE = {
  string: 'string',
  enum: 'string',
  boolean: 'boolean',
  object: 'object',
  list: 'object',
} as const;

function assertJsonType(name: string, value: unknown, { type }: MemberRule): void {
  if (!isPresent(value)) return;
  const matches = typeof value === JSON_TYPE[type] && (type === 'list') === Array.isArray(value);
  if (!matches) throw new DataApiError('SerializationException', `Unexpected type at '${name}': expected a ${type}`);
  if (typeof value === 'string') assertWellFormed(name, value);
}

/** A lone surrogate has no UTF-8 form, so no database could store it. */
export function assertWellFormed(name: string, value: string): void {
  if (!value.isWellFormed()) {
    throw new DataApiError('SerializationException', `Invalid unicode at '${name}': a lone surrogate`);
  }
}
