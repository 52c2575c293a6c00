import type { ErrorName } from './data-api-error.ts';
import type { Operation } from './data-api-request.ts';

/** A call as the one who decides about faults sees it. */
export interface FaultCall {
  readonly operation: Operation;
  /** Text of the statement; empty for the transaction operations. */
  readonly sql: string;
  /** Which try of the SDK this is, from 1, as it says in `amz-sdk-request`. */
  readonly attempt: number;
  /** Number of the call at this server, from 0. */
  readonly index: number;
}

/** Before the statement runs, or after it has taken effect: then the answer is lost, not the work. */
export type FaultMoment = 'before' | 'after';

/** Something that goes wrong with one call; pure data, so that a plan of faults can be written down and repeated. */
export type Fault =
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'throttle' }
  | {
      readonly kind: 'error';
      readonly name: ErrorName;
      readonly message?: string;
      readonly when: FaultMoment;
    }
  | { readonly kind: 'drop-connection'; readonly when: FaultMoment }
  | { readonly kind: 'resume'; readonly durationMs: number }
  | { readonly kind: 'statement-timeout' };

/** Decides whether a call meets a fault. */
export type FaultDecider = (call: FaultCall) => Fault | undefined;

/** A fault for the calls it matches. */
export interface FaultRule {
  /** Only this operation. Default: every one. */
  readonly operation?: Operation;
  /** Only statements with this text in them. Default: every one. */
  readonly sqlIncludes?: string;
  /** Matching calls to let pass first. Default: 0. */
  readonly skip?: number;
  /** Matching calls to hit after that. Default: all of them. */
  readonly times?: number;
  readonly fault: Fault;
}

/** A decider that goes by rules, the first that matches; each counts the calls it has matched. */
export function createFaultDecider(rules: readonly FaultRule[]): FaultDecider {
  const seen = new Map<FaultRule, number>();
  return (call) => {
    for (const rule of rules) {
      if (!matches(rule, call)) continue;
      const count = seen.get(rule) ?? 0;
      seen.set(rule, count + 1);
      const { skip = 0, times = Infinity } = rule;
      if (count >= skip && count < skip + times) return rule.fault;
    }
    return undefined;
  };
}

function matches({ operation, sqlIncludes }: FaultRule, call: FaultCall): boolean {
  return (operation ?? call.operation) === call.operation && call.sql.includes(sqlIncludes ?? '');
}
