/**
 * How a running PostgreSQL is taken down for a restart: `fast` ends every connection and shuts down cleanly,
 * `immediate` is the crash: no goodbye, and the next start recovers from the write-ahead log.
 */
export type RestartMode = 'fast' | 'immediate';

/** A PostgreSQL to work on, either started here or one that was there before. */
export interface PostgresServer {
  /** Connection URL of the `postgres` database, password included, reachable from this machine only. */
  readonly url: string;
  /** Version as the server states it, such as `17.10`. */
  readonly version: string;
  /**
   * Takes the server down and up again, on the same port, with the same data.
   *
   * @param mode how it goes down
   * @param downMs how long it stays away, in milliseconds; 0 when not given
   * @throws Error if the server was not started here.
   */
  restart(mode: RestartMode, downMs?: number): Promise<void>;
  /** Ends the server and removes its data; safe to call twice, and does nothing to a server not started here. */
  stop(): Promise<void>;
}
