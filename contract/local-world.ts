/**
 * What a world on this machine says about itself, so that the operator commands find it: the local run writes it, the
 * commands read it.
 *
 * @module
 */

/** A stack that a world stands for: one for each function that it runs. */
export interface LocalStack {
  /** Unique among the worlds that run, such as `flights-local`. */
  readonly stackName: string;
  /** Name of the function's folder. */
  readonly functionName: string;
}

/** A world that runs. */
export interface LocalWorld {
  /** Its process. */
  readonly pid: number;
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  /** Folder that it was started in. */
  readonly directory: string;
  readonly stacks: readonly LocalStack[];
  readonly region: string;
  /** What satisfies AWS's clients; the local servers do not look at them. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Base URL of the servers, all of them on 127.0.0.1. */
  readonly endpoints: {
    /** Undefined where the stream is kept in memory. */
    readonly kinesis?: string | undefined;
    readonly dataApi: string;
    /** All other services. */
    readonly others: string;
  };
}

/** Path under `endpoints.others` that answers with the {@link LocalWorld} itself: what tells a living world from a file. */
export const LOCAL_WORLD_PATH = '/local-world';
