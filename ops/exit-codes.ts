/**
 * How an operator command ends, for scripts. They are documented in docs/operations.md and stay as they are.
 *
 * - `fine`: it did what it was asked to, and there is nothing to do.
 * - `found`: there is something, which ends by itself or is not finished: behind, entries refused, a difference.
 * - `needsPerson`: somebody has to do something; a mistake on the command line is that too.
 * - `cannotSee`: nobody can say, since a service did not answer or refused to: no credentials, no permission, no database.
 */
export const OPS_EXIT_CODES = { fine: 0, found: 1, needsPerson: 2, cannotSee: 3 } as const;

/** One of {@link OPS_EXIT_CODES}. */
export type OpsExitCode = (typeof OPS_EXIT_CODES)[keyof typeof OPS_EXIT_CODES];
