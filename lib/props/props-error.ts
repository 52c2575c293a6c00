/** Thrown when settings do not make a deployment; `problems` lists every one of them. */
export class PropsError extends Error {
  override readonly name = 'PropsError';
  readonly problems: readonly string[];

  /**
   * Collects the problems into one message.
   *
   * @param problems one sentence each: expected, got, and what to do
   */
  constructor(problems: readonly string[]) {
    super(`the settings are not usable:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}
