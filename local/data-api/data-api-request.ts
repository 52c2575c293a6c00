/**
 * The five operations of the Data API on Aurora PostgreSQL v2, and the retired one, by path.
 * {@link https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_Operations.html}
 */
export const OPERATION_OF_PATH = {
  '/Execute': 'ExecuteStatement',
  '/BatchExecute': 'BatchExecuteStatement',
  '/BeginTransaction': 'BeginTransaction',
  '/CommitTransaction': 'CommitTransaction',
  '/RollbackTransaction': 'RollbackTransaction',
  '/ExecuteSql': 'ExecuteSql',
} as const;

/** Name of an operation as AWS writes it. */
export type Operation = (typeof OPERATION_OF_PATH)[keyof typeof OPERATION_OF_PATH];

/** What a string parameter is sent to the database as. */
export const TYPE_HINTS = ['JSON', 'UUID', 'TIMESTAMP', 'DATE', 'TIME', 'DECIMAL'] as const;

/** One of {@link TYPE_HINTS}. */
export type TypeHint = (typeof TYPE_HINTS)[number];

/**
 * A parameter value, exactly one member. A `longValue` is a bigint where the digits exceed what a number holds;
 * a `doubleValue` may be the text `NaN`, `Infinity` or `-Infinity`; a `blobValue` is base64.
 */
export type ParameterValue =
  | { readonly isNull: true }
  | { readonly booleanValue: boolean }
  | { readonly longValue: number | bigint }
  | { readonly doubleValue: number | string }
  | { readonly stringValue: string }
  | { readonly blobValue: string };

/** One named value of a statement. */
export interface SqlParameter {
  readonly name: string;
  readonly value: ParameterValue;
  readonly typeHint?: TypeHint;
}

/** Which database, as whom, and inside which transaction a call runs. */
export interface CallTarget {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database?: string;
  readonly transactionId?: string;
}

/** How numbers that JavaScript cannot hold are returned. */
export interface ResultSetOptions {
  readonly decimalReturnType: 'STRING' | 'DOUBLE_OR_LONG';
  readonly longReturnType: 'LONG' | 'STRING';
}

/** A validated `ExecuteStatement`. */
export interface ExecuteStatementRequest extends CallTarget {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
  readonly includeResultMetadata: boolean;
  readonly continueAfterTimeout: boolean;
  readonly formatRecordsAs: 'NONE' | 'JSON';
  readonly resultSetOptions: ResultSetOptions;
}

/** A validated `BatchExecuteStatement`. */
export interface BatchExecuteStatementRequest extends CallTarget {
  readonly sql: string;
  readonly parameterSets: readonly (readonly SqlParameter[])[];
}

/** A validated `CommitTransaction` or `RollbackTransaction`. */
export interface EndTransactionRequest extends CallTarget {
  readonly transactionId: string;
}
