import type { FunctionFolder } from '../../build/function-folder.ts';
import type { Target } from '../stack/open-target.ts';

/** What a question came to. */
export interface Answer {
  /** `settled`: AWS does what the project takes for granted. `wrong`: it does not. `unknown`: nobody could tell. */
  readonly state: 'settled' | 'wrong' | 'unknown';
  /** What was seen, in a sentence; of what is unknown, why. */
  readonly finding: string;
  /** What it rests on, a line each. */
  readonly evidence: readonly string[];
}

/** An event that may be sent to the stream of a test stage, as often as one likes. */
export interface ProbeEvent {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** What every question has to hand. */
export interface SmokeContext {
  readonly target: Target;
  readonly folder: FunctionFolder;
  /** Empty where nobody gave any. */
  readonly probes: readonly ProbeEvent[];
  /** Says what is being done. */
  readonly progress: (line: string) => void;
  /** Asks the person at the keyboard; undefined where there is none, or no answer comes. */
  readonly ask: (question: string) => Promise<string | undefined>;
  readonly clock: SmokeClock;
  readonly signal: AbortSignal;
}

/** Time, which tests own. */
export interface SmokeClock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Ends early when the command is ended. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** One thing that only an account can tell. */
export interface Question {
  /** A word for `--only` and `--skip`. */
  readonly name: string;
  readonly question: string;
  /** Whether something is changed for a while: the mapping, the state of an alarm, the settings of an unpublished version. */
  readonly changes: boolean;
  /** Whether a world on this machine can answer: what it takes from AWS is not asked there. */
  readonly isForLocal: boolean;
  readonly answer: (context: SmokeContext) => Promise<Answer>;
}

/** AWS does what the project takes for granted. */
export function settled(finding: string, evidence: readonly string[] = []): Answer {
  return { state: 'settled', finding, evidence };
}

/** AWS does something else. */
export function wrong(finding: string, evidence: readonly string[] = []): Answer {
  return { state: 'wrong', finding, evidence };
}

/** Nobody could tell. */
export function unknown(finding: string, evidence: readonly string[] = []): Answer {
  return { state: 'unknown', finding, evidence };
}
