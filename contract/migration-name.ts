/** How a file of migrations is called: a number of at least three digits, then what it does. */
const MIGRATION_NAME = /^\d{3,}-[a-z0-9]+(?:[-_][a-z0-9]+)*\.sql$/;

/** A file name that cannot be used. */
export interface MigrationNameProblem {
  readonly name: string;
  /** What is wrong with it, and what to do. */
  readonly problem: string;
}

/** Orders the names of a set by their numbers. */
export function compareMigrationNames(a: string, b: string): number {
  return migrationNumber(a) - migrationNumber(b) || (a < b ? -1 : 1);
}

/** The number that a name starts with; NaN when it starts with something else. */
export function migrationNumber(name: string): number {
  return Number.parseInt(name, 10);
}

/**
 * Checks the file names of one set of migrations: at synthesis and at a local start, so that a deployment need not
 * fail, and once more by the function that applies them.
 *
 * @param names in the order of {@link compareMigrationNames}
 */
export function migrationNameProblems(names: readonly string[]): readonly MigrationNameProblem[] {
  return names.flatMap((name, index) => {
    if (!MIGRATION_NAME.test(name)) {
      return [{ name, problem: 'the name must be like 001-what-it-does.sql, in lowercase; rename the file' }];
    }
    const twin = names.slice(0, index).find((other) => migrationNumber(other) === migrationNumber(name));
    return twin === undefined
      ? []
      : [{ name, problem: `${twin} has the same number; give the newer file the next free number` }];
  });
}
