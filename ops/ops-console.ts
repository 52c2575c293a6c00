/** Where an operator command speaks, and what ends it early. */
export interface OpsConsole {
  /** Takes one line of the answer. */
  readonly say: (line: string) => void;
  /** Says what is being done, where that takes longer; it is no part of the answer, and may be called often. */
  readonly progress: (line: string) => void;
  /** Aborted when the person at the keyboard wants to stop. */
  readonly signal: AbortSignal;
}
