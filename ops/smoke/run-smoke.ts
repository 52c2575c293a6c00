import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { outputFileProblems } from '../../command-line/output-file.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { OPS_EXIT_CODES, type OpsExitCode } from '../exit-codes.ts';
import { describeFailedCall } from '../failed-call.ts';
import type { OpsConsole } from '../ops-console.ts';
import { chooseFunction } from '../stack/choose-function.ts';
import type { Target } from '../stack/open-target.ts';
import type { Answer, Question, SmokeClock, SmokeContext } from './question.ts';
import { unknown } from './question.ts';
import { QUESTIONS } from './questions.ts';
import { readProbes } from './read-probes.ts';
import type { SmokeOptions } from './smoke-command.ts';
import { describeAnswer, smokeMarkdown, type Answered, type SmokeReport } from './smoke-report.ts';

/**
 * Asks what only an account can tell, and reports it.
 *
 * @returns `fine` when everything is settled, `needsPerson` when something is wrong, `cannotSee` when something is unknown
 * @throws {@link UsageError} for a stage that is protected, and for options that cannot be used
 */
export async function runSmoke(target: Target, options: SmokeOptions, opsConsole: OpsConsole): Promise<OpsExitCode> {
  const { say, progress, signal } = opsConsole;
  const questions = QUESTIONS.filter(
    ({ name }) => (options.only ?? [name]).includes(name) && !options.skip.includes(name),
  );
  const problems = outputFileProblems('--report', options.report);
  if (problems.length > 0) throw new UsageError(problems);
  const probes = await readProbes(options.events, options.partitionKey);
  const folder = await chooseFunction(options.function, target.stack.stackName);
  if (questions.some(({ changes }) => changes)) await refuseProtected(target, options);
  const clock: SmokeClock = {
    now: Date.now,
    sleep: (ms) => sleep(ms, undefined, { signal }).catch(() => undefined),
  };
  const context: SmokeContext = { target, folder, probes, progress, ask: askPerson(signal), clock, signal };
  const startedAt = new Date(clock.now()).toISOString();
  const answers: Answered[] = [];
  for (const question of questions) {
    if (signal.aborted) break;
    const answered = await answer(question, context);
    answers.push(answered);
    if (!options.json) for (const line of describeAnswer(answered)) say(line);
  }
  const { CodeCommit: commit, BuildVersion: build, StreamArn } = target.stack.outputs;
  const region = StreamArn.split(':')[3] ?? '';
  const report: SmokeReport = { stack: target.stack.stackName, region, commit, build, startedAt, answers };
  if (options.json) say(JSON.stringify(report, null, 2));
  if (options.report !== undefined) await writeReport(options.report, report);
  return exitCodeOf(answers, questions.length);
}

/** Said of what a world on this machine only imitates. */
const NEEDS_ACCOUNT = 'not settled here: needs an account';

async function answer(question: Question, context: SmokeContext): Promise<Answered> {
  const { clock, progress } = context;
  progress(question.question);
  const startedAtMs = clock.now();
  if (context.target.isLocal && !question.isForLocal) {
    return { name: question.name, question: question.question, seconds: 0, ...unknown(NEEDS_ACCOUNT) };
  }
  const given: Answer = await question.answer(context).catch((error: unknown) => {
    const told = describeFailedCall(error);
    if (told === undefined) throw error;
    return unknown(told);
  });
  const seconds = Math.round((clock.now() - startedAtMs) / 1000);
  return { name: question.name, question: question.question, seconds, ...given };
}

/** A question that was not asked any more is not settled either. */
function exitCodeOf(answers: readonly Answered[], asked: number): OpsExitCode {
  if (answers.some(({ state }) => state === 'wrong')) return OPS_EXIT_CODES.needsPerson;
  const isSettled = answers.length === asked && answers.every(({ state }) => state === 'settled');
  return isSettled ? OPS_EXIT_CODES.fine : OPS_EXIT_CODES.cannotSee;
}

/** A stage whose stack may be deleted at once is one for trying things out. */
async function refuseProtected({ stack, isLocal, client }: Target, { force }: SmokeOptions): Promise<void> {
  if (force || isLocal) return;
  const cloudFormation = await client('cloudFormation');
  const { Stacks: [described] = [] } = await cloudFormation.send(
    new DescribeStacksCommand({ StackName: stack.stackName }),
  );
  if (described?.EnableTerminationProtection !== true) return;
  throw new UsageError([
    `\`--stack\` must name a test stage, but ${stack.stackName} is protected from deletion: the smoke test pauses the consumer and sends pages; add \`--force\` if you mean it, or \`--only\` with questions that change nothing`,
  ]);
}

/** Asks where somebody sits at a terminal. */
function askPerson(signal: AbortSignal): SmokeContext['ask'] {
  return async (question) => {
    if (!process.stdin.isTTY) return undefined;
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await terminal.question(question, { signal });
    } catch {
      return undefined;
    } finally {
      terminal.close();
    }
  };
}

async function writeReport(path: string, report: SmokeReport): Promise<void> {
  const text = path.endsWith('.json') ? `${JSON.stringify(report, null, 2)}\n` : smokeMarkdown(report);
  await writeFile(path, text).catch((error: unknown) => {
    throw new UsageError([
      `\`--report\` must be a file that can be written: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  });
}
