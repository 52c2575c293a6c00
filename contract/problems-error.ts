/** What a {@link ProblemsError} is made of beside its problems. */
export interface ProblemsErrorOptions extends ErrorOptions {
  /** Name of the class, which log lines and stack traces show. */
  readonly name: string;
  /** What is not usable, such as `the projection is not usable`; without it, the message is the bare problems. */
  readonly heading?: string;
}

/**
 * Something that a person has to correct before anything can run. It carries everything that is wrong, so that one
 * attempt is enough to learn of all of it; its subclasses say what was looked at.
 */
export class ProblemsError extends Error {
  override readonly name: string;
  readonly problems: readonly string[];

  /**
   * Collects the problems into one message: a list under the heading, or one line each.
   *
   * @param problems one sentence each: expected, got, and what to do; at least one
   */
  constructor(problems: readonly string[], { name, heading, ...options }: ProblemsErrorOptions) {
    super(heading === undefined ? problems.join('\n') : [`${heading}:`, ...problems.map(listItem)].join('\n'), options);
    this.name = name;
    this.problems = problems;
  }
}

/** Further lines of a problem, such as a line of source, stand under its first. */
function listItem(problem: string): string {
  return `- ${problem.replaceAll('\n', '\n  ')}`;
}
