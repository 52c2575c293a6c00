import type { ParameterValue } from '../../processor/core/write-parameters.ts';

/** The text that the database gets for a parameter, whichever form it is sent in. */
export function parameterText(value: ParameterValue | undefined): string {
  if (value === undefined) throw new Error('the statement has no such parameter');
  return typeof value === 'string' ? value : (JSON.parse(`"${Buffer.from(value).toString('utf8')}"`) as string);
}
