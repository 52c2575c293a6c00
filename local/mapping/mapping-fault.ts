import type { MappingRecord } from './mapping-record.ts';
import type { EnvironmentFault } from './ports.ts';

/** Something that goes wrong on purpose while a batch is delivered. */
export type MappingFault =
  | EnvironmentFault
  /** The batch is sent once more after the function has answered, with a request id of its own. */
  | { readonly kind: 'duplicate-delivery' };

/** The attempt that a fault may be chosen for. */
export interface FaultedInvocation {
  readonly shardId: string;
  readonly lane: number;
  readonly requestId: string;
  /** 1 for the first attempt with this request id. */
  readonly attempt: number;
  readonly records: readonly MappingRecord[];
}

/** Chooses what goes wrong with an attempt, if anything. */
export type MappingFaults = (invocation: FaultedInvocation) => MappingFault | undefined;
