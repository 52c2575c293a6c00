import type { BatchMetricName } from '../../contract/metrics.ts';
import type { HoldReason } from '../../processor/call-with-retry.ts';
import { CrashOutput } from './crash-output.ts';

/** Sums of the batch metrics over a run, and how many batches there were. */
export type BatchTotals = Readonly<Record<BatchMetricName, number>> & { readonly batches: number };

/** Adds up totals; a metric that no batch has published is 0 here. */
export function totalOf(totals: BatchTotals, ...names: readonly (keyof BatchTotals)[]): number {
  return names.reduce((sum, name) => sum + ((totals as Partial<BatchTotals>)[name] ?? 0), 0);
}

/** Collects what the functions log, as CloudWatch would: metrics documents are summed, problems kept. */
export interface BatchLog {
  /** Takes one line of the output of an environment. */
  readonly add: (line: string, environmentId: string) => void;
  readonly totals: () => BatchTotals;
  /** Batches so far that held their position, by reason. */
  readonly holds: () => HoldCounts;
  /** Skipped events so far, by reason. */
  readonly skips: () => Readonly<Record<string, number>>;
  /** Hands over the warnings and errors since the last call, oldest first; of very many only the newest. */
  readonly takeProblems: () => readonly LogProblem[];
  /** Drops what an environment wrote about its own end. */
  readonly dropCrashOutput: (environmentId: string) => void;
}

/** Number of batches that held their position for each reason there was. */
export type HoldCounts = Readonly<Partial<Record<HoldReason, number>>>;

/** A log line at level WARN or above. */
export interface LogProblem {
  readonly level: string;
  readonly message: string;
}

/** Problems kept until they are taken: the newest tell what is going on. */
const MAX_PROBLEMS = 20;

const PROBLEM_LEVELS: readonly unknown[] = ['WARN', 'ERROR', 'CRITICAL'];

/** Creates an empty log. */
export function createBatchLog(): BatchLog {
  const sums: Partial<Record<BatchMetricName, number>> = {};
  const holds: Partial<Record<HoldReason, number>> = {};
  const skips: Partial<Record<string, number>> = {};
  let problems: LogProblem[] = [];
  let batches = 0;
  const crashOutput = new CrashOutput();

  const addProblem = (problem: LogProblem): void => {
    problems.push(problem);
    if (problems.length > MAX_PROBLEMS) problems.shift();
  };
  return {
    add: (line, environmentId) => {
      const entry = parseEntry(line);
      if (entry === undefined) {
        if (line.trim() !== '' && !crashOutput.hold(line, environmentId))
          addProblem({ level: 'OUTPUT', message: line });
      } else if ('_aws' in entry) {
        batches += 1;
        addNumbers(sums, entry);
      } else if (PROBLEM_LEVELS.includes(entry['level'])) {
        addProblem({ level: String(entry['level']), message: describeEntry(entry) });
      } else addBatch(entry, { holds, skips });
    },
    holds: () => ({ ...holds }),
    skips: () => ({ ...(skips as Record<string, number>) }),
    totals: () => ({ ...(sums as Record<BatchMetricName, number>), batches }),
    takeProblems: () => {
      for (const message of crashOutput.release()) addProblem({ level: 'OUTPUT', message });
      const taken = problems;
      problems = [];
      return taken;
    },
    dropCrashOutput: (environmentId) => {
      crashOutput.drop(environmentId);
    },
  };
}

function addBatch(
  entry: Entry,
  { holds, skips }: Readonly<Record<'holds' | 'skips', Partial<Record<string, number>>>>,
) {
  if ('holdReason' in entry) addNumbers(holds, { [String(entry['holdReason'])]: 1 });
  addNumbers(skips, (entry['skippedByReason'] ?? {}) as Entry);
}

type Entry = Readonly<Record<string, unknown>>;

function addNumbers(sums: Partial<Record<string, number>>, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'number') sums[name] = (sums[name] ?? 0) + value;
  }
}

function parseEntry(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function describeEntry(entry: Readonly<Record<string, unknown>>): string {
  const { message, byReason } = entry as { readonly message?: string; readonly byReason?: unknown };
  return byReason === undefined ? String(message) : `${String(message)}: ${JSON.stringify(byReason)}`;
}
