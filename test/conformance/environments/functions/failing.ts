/**
 * A function that fails with errors of all kinds of classes, to see what their names are in the log of a minified bundle.
 *
 * @module
 */
import { BadRequestException } from '@aws-sdk/client-rds-data';

class UnnamedError extends Error {}

class NamedError extends Error {
  override readonly name = 'Storage.Full';
}

class SelfReferringError extends Error {
  static of(message: string): SelfReferringError {
    return new SelfReferringError(message);
  }
}

const AssignedError = class extends Error {};

abstract class ParentError<Detail extends string> extends Error {
  abstract readonly detail: Detail;
}

// prettier-ignore
class ChildError
  extends ParentError<'child'>
{ readonly detail = 'child'; }

function localError(): Error {
  class LocalError extends RangeError {}
  return new LocalError('local');
}

const ERRORS = {
  UnnamedError: () => new UnnamedError('unnamed'),
  NamedError: () => new NamedError('named'),
  SelfReferringError: () => SelfReferringError.of('referring to itself'),
  AssignedError: () => new AssignedError('assigned'),
  ChildError: () => new ChildError('child'),
  LocalError: localError,
  BadRequestException: () => new BadRequestException({ message: 'of the SDK', $metadata: {} }),
};

/** Names of the classes, each with an error to throw. */
export type ErrorClass = keyof typeof ERRORS;

/** @public Loaded by name from the bundle. */
export const handler = (errorClass: ErrorClass): never => {
  throw ERRORS[errorClass]();
};
