/** A deployed function, as far as its code can ask for it. */
export interface FunctionFacts {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly memoryMb: number;
  /** Module and export, such as `index.handler`. */
  readonly handler: string;
  /** Folder of the code. */
  readonly taskRoot: string;
}

/**
 * Variables that Lambda sets and that a configuration cannot change, for whoever stands in for Lambda.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html}
 */
export function reservedVariables({
  functionName,
  functionVersion,
  memoryMb,
  handler,
  taskRoot,
}: FunctionFacts): Readonly<Record<string, string>> {
  return {
    _HANDLER: handler,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: functionVersion,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    LAMBDA_TASK_ROOT: taskRoot,
    TZ: ':UTC',
  };
}
