import { ProblemsError } from '../contract/problems-error.ts';

/** A mistake of the person at the keyboard: an option, or a file that an option names. */
export class UsageError extends ProblemsError {
  /**
   * Collects the problems, which the message has in one line each.
   *
   * @param problems one sentence each: expected, got, and what to do
   */
  constructor(problems: readonly string[]) {
    super(problems, { name: 'UsageError' });
  }
}
