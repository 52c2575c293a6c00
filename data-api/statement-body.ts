/** Value of a text parameter: the text itself, or the pieces of JSON as it stands, escaped, inside a request body. */
export type ParameterValue = string | readonly Uint8Array[];

/** The text that the database gets for a parameter, in whichever form it is sent. */
export function parameterText(value: ParameterValue): string {
  return typeof value === 'string' ? value : (JSON.parse(`"${Buffer.concat(value).toString('utf8')}"`) as string);
}

/** The same for all parameters of a statement. */
export function parameterTexts(parameters: Readonly<Record<string, ParameterValue>>): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, parameterText(value)]));
}

/** The members of a statement beside its parameters. */
export interface StatementMembers {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
  readonly sql: string;
  readonly transactionId?: string | undefined;
}

const [QUOTE, PARAMETER_END, END] = [Buffer.from('"'), Buffer.from('}}'), Buffer.from(']}')];

/**
 * Writes the body of an `ExecuteStatement` request: the same JSON that the SDK makes of these members.
 * {@link https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html}
 */
export function writeStatementBody(
  members: StatementMembers,
  parameters: Readonly<Record<string, ParameterValue>>,
): Buffer {
  return Buffer.concat([...bodyPieces(members, parameters)]);
}

function* bodyPieces(
  members: StatementMembers,
  parameters: Readonly<Record<string, ParameterValue>>,
): Generator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(members).slice(0, -1)},"parameters":[`);
  let comma = '';
  for (const [name, value] of Object.entries(parameters)) {
    yield Buffer.from(`${comma}{"name":${JSON.stringify(name)},"value":{"stringValue":`);
    if (typeof value === 'string') yield Buffer.from(JSON.stringify(value));
    else yield* [QUOTE, ...value, QUOTE];
    yield PARAMETER_END;
    comma = ',';
  }
  yield END;
}

/** Bytes that a JSON text takes inside a string of a request body. */
export function escapedBytes(jsonText: string): number {
  return Buffer.byteLength(JSON.stringify(jsonText)) - '""'.length;
}
