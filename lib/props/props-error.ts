import { ProblemsError } from '../../contract/problems-error.ts';

/** Thrown when settings do not make a deployment; `problems` lists every one of them. */
export class PropsError extends ProblemsError {
  /**
   * Collects the problems into one message.
   *
   * @param problems one sentence each: expected, got, and what to do
   */
  constructor(problems: readonly string[]) {
    super(problems, { name: 'PropsError', heading: 'the settings are invalid' });
  }
}
