import { isDeepStrictEqual } from 'node:util';
import type { ExpectedAnswer } from './load-round.ts';

/** What came back of a call: the members of its answer, or the error it was refused with. */
export type Answer = { readonly answer: object } | { readonly error: unknown };

/**
 * Holds what came back against what is right.
 *
 * @returns what is wrong, or `undefined` when nothing is
 */
export function answerMismatch(expected: ExpectedAnswer, got: Answer): string | undefined {
  if ('sqlState' in expected) return sqlStateMismatch(expected.sqlState, got);
  if ('error' in got) return `expected ${JSON.stringify(expected)}, got ${String(got.error)}`;
  const members = got.answer as Readonly<Record<string, unknown>>;
  const compared = Object.fromEntries(Object.keys(expected).map((name) => [name, members[name]]));
  if (isDeepStrictEqual(compared, expected)) return undefined;
  return `expected ${JSON.stringify(expected)}, got ${JSON.stringify(compared)}`;
}

function sqlStateMismatch(sqlState: string, got: Answer): string | undefined {
  const wanted = `expected a DatabaseErrorException with SQLState ${sqlState}`;
  if ('answer' in got) return `${wanted}, got an answer`;
  const { error } = got;
  const isRight =
    error instanceof Error &&
    error.name === 'DatabaseErrorException' &&
    error.message.endsWith(`SQLState: ${sqlState}`);
  return isRight ? undefined : `${wanted}, got ${String(error)}`;
}
