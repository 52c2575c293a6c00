import type { BoundStatement } from './bind-parameters.ts';
import { ExtendedQuery } from './extended-query.ts';
import type { Session } from './session-pool.ts';

/**
 * Runs the statements of a batch, the same text with each of its parameter sets, one after the other. Renders the
 * answer of `BatchExecuteStatement` as JSON text: on PostgreSQL it says neither which rows came back nor how many
 * were changed. The first error ends it.
 */
export async function runBatch(session: Session, statements: readonly BoundStatement[]): Promise<string> {
  let parsedTypes: string | undefined;
  for (const bound of statements) {
    const types = bound.types.join();
    const query = new ExtendedQuery(bound, { maxResultBytes: 0, alreadyParsed: types === parsedTypes });
    await session.client.query(query).result;
    parsedTypes = types;
  }
  return `{"updateResults":[${statements.map(() => '{"generatedFields":[]}').join(',')}]}`;
}

/** Runs `work` as one unit: all of it, or nothing. */
export async function runAsOneUnit<Result>(session: Session, work: () => Promise<Result>): Promise<Result> {
  await session.client.query('BEGIN');
  try {
    const result = await work();
    await session.client.query('COMMIT');
    return result;
  } catch (error) {
    await session.client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
