import type { Answer, Question } from './question.ts';

/** A question and what it came to. */
export interface Answered extends Answer, Pick<Question, 'name' | 'question'> {
  readonly seconds: number;
}

/** What a smoke test has settled. */
export interface SmokeReport {
  readonly stack: string;
  readonly region: string;
  /** Commit that is deployed. */
  readonly commit: string;
  readonly build: string;
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly answers: readonly Answered[];
}

/** The report as a document that can be attached to an issue. Names of the account are not in it. */
export function smokeMarkdown({ stack, region, commit, build, startedAt, answers }: SmokeReport): string {
  const rows = answers.map(({ question, state, finding }) => `| ${cell(question)} | ${state} | ${cell(finding)} |`);
  const evidence = answers
    .filter((one) => one.evidence.length > 0)
    .flatMap(({ name, seconds, evidence: lines }) => [
      '',
      `## ${name} (${seconds} s)`,
      '',
      '```',
      ...lines.map(withoutAccount),
      '```',
    ]);
  return [
    `# Smoke test of ${stack}`,
    '',
    `${startedAt}, region ${region}, commit ${commit}, build ${build}`,
    '',
    '| question | answer | what was seen |',
    '| --- | --- | --- |',
    ...rows,
    ...evidence,
    '',
  ].join('\n');
}

function cell(text: string): string {
  return withoutAccount(text).replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}

/** Account numbers are in every ARN, and none of an issue's business. */
function withoutAccount(text: string): string {
  return text.replaceAll(/(arn:[\w-]+:[\w-]+:[\w-]*:)\d{12}/g, '$1************');
}

/** Lines for a person. */
export function describeAnswer({ name, state, finding, evidence }: Answered): string[] {
  return [`${state.padEnd(8)} ${name}: ${finding}`, ...evidence.map((line) => `           ${line}`)];
}
