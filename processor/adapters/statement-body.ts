import type { ParameterValue } from '../core/write-parameters.ts';

/** The members of a statement that do not change from call to call. */
export interface StatementHead {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
  readonly sql: string;
}

const QUOTE = Buffer.from('"');

/**
 * The body of an `ExecuteStatement` request: the same JSON that the SDK makes of these members.
 * {@link https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html}
 */
export function statementBody(head: StatementHead, parameters: Readonly<Record<string, ParameterValue>>): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"parameters":[`)];
  for (const [name, value] of Object.entries(parameters)) {
    const comma = parts.length === 1 ? '' : ',';
    parts.push(Buffer.from(`${comma}{"name":${JSON.stringify(name)},"value":{"stringValue":`), ...quoted(value), END);
  }
  parts.push(Buffer.from(']}'));
  return Buffer.concat(parts);
}

const END = Buffer.from('}}');

function quoted(value: ParameterValue): readonly Uint8Array[] {
  return typeof value === 'string' ? [Buffer.from(JSON.stringify(value))] : [QUOTE, ...value, QUOTE];
}
