import { DataApiError } from './data-api-error.ts';
import { TYPE_HINTS, type ParameterValue, type SqlParameter, type TypeHint } from './data-api-request.ts';
import type { JsonObject } from './parse-request-body.ts';
import { assertWellFormed, isPresent, validateMembers, validationError, type MemberRules } from './validate-members.ts';

const PARAMETER_RULES: MemberRules = {
  name: { type: 'string' },
  value: { type: 'object' },
  typeHint: { type: 'enum', values: TYPE_HINTS },
};

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n } as const;
const NON_NUMBERS: readonly unknown[] = ['NaN', 'Infinity', '-Infinity'];
const NAME = /^\w+$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Whether a member's JSON value is of the member's type. */
const VALUE_TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  isNull: (value) => typeof value === 'boolean',
  booleanValue: (value) => typeof value === 'boolean',
  longValue: isInt64,
  doubleValue: (value) => typeof value === 'number' || NON_NUMBERS.includes(value),
  stringValue: (value) => typeof value === 'string',
  blobValue: (value) => typeof value === 'string' && value.length % 4 === 0 && BASE64.test(value),
  arrayValue: (value) => typeof value === 'object',
};

function isInt64(value: unknown): boolean {
  if (typeof value === 'bigint') return value >= INT64.min && value <= INT64.max;
  // Beyond 2^53 the parser leaves a number only if it was written with a fraction or exponent.
  return typeof value === 'number' && Number.isSafeInteger(value);
}

/**
 * Checks the parameters of one statement.
 *
 * @throws DataApiError if one has no value, more than one, one of the wrong type, or an array.
 */
export function validateParameters(list: readonly unknown[], path: string): readonly SqlParameter[] {
  return list.map((entry, index) => {
    const at = `${path}.${index + 1}.member`;
    if (typeof entry !== 'object' || entry === null) {
      throw new DataApiError('SerializationException', `Unexpected type at '${at}': expected an object`);
    }
    return validateParameter(entry as JsonObject, at);
  });
}

function validateParameter(parameter: JsonObject, path: string): SqlParameter {
  validateMembers(parameter, PARAMETER_RULES);
  assertName(parameter['name']);
  const hint = parameter['typeHint'];
  return {
    name: (parameter['name'] ?? '') as string,
    value: validateValue((parameter['value'] ?? {}) as JsonObject, `${path}.value`),
    ...(isPresent(hint) && { typeHint: hint as TypeHint }),
  };
}

/** A parameter may have no name, which no placeholder asks for; one that it has must look like a placeholder's. */
function assertName(name: unknown): void {
  if (!isPresent(name) || NAME.test(name as string)) return;
  throw new DataApiError('ValidationException', `Named parameter syntax is invalid, input: ${name as string}`);
}

function validateValue(field: JsonObject, path: string): ParameterValue {
  const members = Object.keys(field).filter((name) => isPresent(field[name]));
  const [member] = members;
  if (member === undefined || members.length > 1) {
    throw validationError([`Value at '${path}' failed to satisfy constraint: Member must have exactly one value`]);
  }
  if (member === 'arrayValue') {
    throw new DataApiError('ValidationException', 'Array parameters are not supported.');
  }
  if (VALUE_TYPES[member]?.(field[member]) !== true) {
    throw new DataApiError('SerializationException', `Unexpected value at '${path}.${member}'`);
  }
  if (member === 'isNull' && field[member] === false) {
    throw validationError([`Value at '${path}.isNull' failed to satisfy constraint: Member must be true`]);
  }
  if (member === 'stringValue') assertWellFormed(`${path}.stringValue`, field[member] as string);
  // The checks above are what makes this one of the members, with a value of its type.
  return { [member]: field[member] } as unknown as ParameterValue;
}
