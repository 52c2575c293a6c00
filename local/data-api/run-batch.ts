import { bindParameters, type BindOptions } from './bind-parameters.ts';
import type { BatchExecuteStatementRequest } from './data-api-request.ts';
import { ExtendedQuery } from './extended-query.ts';
import type { ScannedStatement } from './scan-placeholders.ts';
import type { Session } from './session-pool.ts';

/** A statement and the parameter sets it runs with, one after the other. */
export interface BatchCall {
  readonly statement: ScannedStatement;
  readonly parameterSets: BatchExecuteStatementRequest['parameterSets'];
  readonly bind: BindOptions;
}

/**
 * Runs a statement once per parameter set and renders the answer of `BatchExecuteStatement` as JSON text: on
 * PostgreSQL it says neither which rows came back nor how many were changed. The first error ends it.
 */
export async function runBatch(session: Session, { statement, parameterSets, bind }: BatchCall): Promise<string> {
  let parsedTypes: string | undefined;
  for (const parameters of parameterSets) {
    const bound = bindParameters(statement, parameters, bind);
    const types = bound.types.join();
    const query = new ExtendedQuery(bound, { maxResultBytes: 0, alreadyParsed: types === parsedTypes });
    await session.client.query(query).result;
    parsedTypes = types;
  }
  return `{"updateResults":[${parameterSets.map(() => '{"generatedFields":[]}').join(',')}]}`;
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
