import { DATA_API_MAX_SQL_CHARACTERS } from '../../contract/limits.ts';
import { DataApiError } from './data-api-error.ts';
import type {
  BatchExecuteStatementRequest,
  CallTarget,
  EndTransactionRequest,
  ExecuteStatementRequest,
  ResultSetOptions,
} from './data-api-request.ts';
import { lexStatements } from './lex-statements.ts';
import type { JsonObject } from './parse-request-body.ts';
import { isPresent, validateMembers, type MemberRules } from './validate-members.ts';
import { validateParameters } from './validate-parameters.ts';

/**
 * Lengths and required members of the service model, `rds-data` 2018-08-01.
 * {@link https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html}
 */
const TARGET_RULES = {
  resourceArn: { type: 'string', required: true, minLength: 11, maxLength: 570 },
  secretArn: { type: 'string', required: true, minLength: 11, maxLength: 570 },
  database: { type: 'string', maxLength: 64 },
  schema: { type: 'string', maxLength: 64 },
  transactionId: { type: 'string', maxLength: 192 },
} as const satisfies MemberRules;

const SQL_RULE = { type: 'string', required: true, maxLength: DATA_API_MAX_SQL_CHARACTERS } as const;

const EXECUTE_RULES: MemberRules = {
  ...TARGET_RULES,
  sql: SQL_RULE,
  parameters: { type: 'list' },
  includeResultMetadata: { type: 'boolean' },
  continueAfterTimeout: { type: 'boolean' },
  resultSetOptions: { type: 'object' },
  formatRecordsAs: { type: 'enum', values: ['NONE', 'JSON'] },
};

const BATCH_RULES: MemberRules = { ...TARGET_RULES, sql: SQL_RULE, parameterSets: { type: 'list' } };

const END_RULES: MemberRules = {
  resourceArn: TARGET_RULES.resourceArn,
  secretArn: TARGET_RULES.secretArn,
  transactionId: { ...TARGET_RULES.transactionId, required: true },
};

const RESULT_SET_RULES: MemberRules = {
  decimalReturnType: { type: 'enum', values: ['STRING', 'DOUBLE_OR_LONG'] },
  longReturnType: { type: 'enum', values: ['LONG', 'STRING'] },
};

/**
 * Checks an `ExecuteStatement`.
 *
 * @throws DataApiError if the request breaks a rule of the service model or of the v2 service.
 */
export function validateExecuteStatement(input: JsonObject): ExecuteStatementRequest {
  validateMembers(input, EXECUTE_RULES);
  const options = (input['resultSetOptions'] ?? {}) as JsonObject;
  validateMembers(options, RESULT_SET_RULES);
  const request = {
    ...targetOf(input),
    sql: input['sql'] as string,
    parameters: validateParameters((input['parameters'] ?? []) as unknown[], 'parameters'),
    includeResultMetadata: input['includeResultMetadata'] === true,
    continueAfterTimeout: input['continueAfterTimeout'] === true,
    formatRecordsAs: (input['formatRecordsAs'] ?? 'NONE') as 'NONE' | 'JSON',
    resultSetOptions: { decimalReturnType: 'STRING', longReturnType: 'LONG', ...options } as ResultSetOptions,
  };
  assertSingleStatement(request.sql);
  return request;
}

/**
 * Checks a `BatchExecuteStatement`.
 *
 * @throws DataApiError if the request breaks a rule of the service model or of the v2 service.
 */
export function validateBatchExecuteStatement(input: JsonObject): BatchExecuteStatementRequest {
  validateMembers(input, BATCH_RULES);
  const sets = (input['parameterSets'] ?? []) as unknown[];
  const request = {
    ...targetOf(input),
    sql: input['sql'] as string,
    parameterSets: sets.map((set, index) => validateParameterSet(set, `parameterSets.${index + 1}.member`)),
  };
  assertSingleStatement(request.sql);
  return request;
}

/**
 * Checks a `BeginTransaction`.
 *
 * @throws DataApiError if the request breaks a rule of the service model or of the v2 service.
 */
export function validateBeginTransaction(input: JsonObject): CallTarget {
  validateMembers(input, TARGET_RULES);
  return targetOf({ ...input, transactionId: undefined });
}

/**
 * Checks a `CommitTransaction` or `RollbackTransaction`.
 *
 * @throws DataApiError if the request breaks a rule of the service model.
 */
export function validateEndTransaction(input: JsonObject): EndTransactionRequest {
  validateMembers(input, END_RULES);
  return { ...targetOf(input), transactionId: input['transactionId'] as string };
}

function validateParameterSet(set: unknown, path: string): ReturnType<typeof validateParameters> {
  if (Array.isArray(set)) return validateParameters(set, path);
  throw new DataApiError('SerializationException', `Unexpected type at '${path}': expected a list`);
}

function targetOf(input: JsonObject): CallTarget {
  if (isPresent(input['schema'])) {
    throw new DataApiError('ValidationException', "The schema parameter isn't supported");
  }
  const { resourceArn, secretArn, database, transactionId } = input as Readonly<Record<string, string>>;
  return {
    resourceArn: resourceArn ?? '',
    secretArn: secretArn ?? '',
    ...(database && { database }),
    ...(transactionId && { transactionId }),
  };
}

function assertSingleStatement(sql: string): void {
  const { statements, words } = lexStatements(sql);
  if (statements > 1) throw new DataApiError('ValidationException', "Multistatements aren't supported.");
  if (words[0] !== 'COPY') return;
  // The service's driver takes the copy protocol for a fault.
  if (words.includes('STDOUT')) throw copyRefused('CopyOutResponse');
  if (words.includes('STDIN')) throw copyRefused('CopyInResponse');
}

function copyRefused(message: string): DataApiError {
  return new DataApiError('DatabaseErrorException', `execute: unexpected message: ${message}`);
}
