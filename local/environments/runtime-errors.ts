/**
 * Errors that Lambda's runtime client raises itself. Their names are what an invocation is answered, their classes what
 * the log shows.
 *
 * @module
 */

/** There is no module where the handler should be, or it requires one that is missing. */
export class ImportModuleError extends Error {
  override readonly name = 'Runtime.ImportModuleError';
}

/** The module does not parse, or throws a `SyntaxError` of its own while it is loaded. */
export class UserCodeSyntaxError extends Error {
  override readonly name = 'Runtime.UserCodeSyntaxError';

  /** Keeps the stack of the error, which names the place in the module. */
  constructor(error: SyntaxError) {
    super(String(error));
    if (error.stack !== undefined) this.stack = error.stack;
  }
}

/** The module has no such export, or it is no function. */
export class HandlerNotFoundError extends Error {
  override readonly name = 'Runtime.HandlerNotFound';
}

/** The handler has a third parameter: it would call back. */
export class CallbackHandlerDeprecatedError extends Error {
  override readonly name = 'Runtime.CallbackHandlerDeprecated';

  constructor() {
    super(
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
    );
  }
}

/** The answer has no JSON form: a cycle, a bigint, a `toJSON` that throws. */
export class JSONStringifyError extends Error {
  override readonly name = 'Runtime.JSONStringifyError';

  constructor() {
    super('Unable to stringify response body');
  }
}
