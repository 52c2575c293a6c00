import type { BatchMetricName } from '../../contract/metrics.ts';
import { CrashOutput } from './crash-output.ts';

/** Sums of the batch metrics over a run, and how many batches there were. */
export type BatchTotals = Readonly<Record<BatchMetricName, number>> & { readonly batches: number };

/** Collects what the functions log, as CloudWatch would: metrics documents are summed, problems kept. */
export interface BatchLog {
  /** Takes one line of the output of an environment. */
  readonly add: (line: string, environmentId: string) => void;
  readonly totals: () => BatchTotals;
  /** Hands over the warnings and errors since the last call, oldest first; of very many only the newest. */
  readonly takeProblems: () => readonly LogProblem[];
  /** Drops what an environment wrote about its own end. */
  readonly dropCrashOutput: (environmentId: string) => void;
}

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
  let problems: LogProblem[] = [];
  let batches = 0;
  const crashOutput = new CrashOutput();

  const addMetrics = (document: Readonly<Record<string, unknown>>): void => {
    batches += 1;
    for (const [name, value] of Object.entries(document)) {
      if (typeof value === 'number') sums[name as BatchMetricName] = (sums[name as BatchMetricName] ?? 0) + value;
    }
  };
  const addProblem = (problem: LogProblem): void => {
    problems.push(problem);
    if (problems.length > MAX_PROBLEMS) problems.shift();
  };
  return {
    add: (line, environmentId) => {
      const entry = parseEntry(line);
      if (entry === undefined) {
        const isTold = line.trim() !== '' && !crashOutput.hold(line, environmentId);
        if (isTold) addProblem({ level: 'OUTPUT', message: line });
      } else if ('_aws' in entry) addMetrics(entry);
      else if (PROBLEM_LEVELS.includes(entry['level'])) {
        addProblem({ level: String(entry['level']), message: describeEntry(entry) });
      }
    },
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
