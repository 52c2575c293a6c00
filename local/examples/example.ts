import type { RDSDataClient } from '@aws-sdk/client-rds-data';
import type { EventInput } from '../run/event-input.ts';

/** Database that reference data goes to. */
export interface ExampleTarget {
  readonly client: RDSDataClient;
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/** Real input for a function: events for its stream and rows for its reference tables. */
export interface Example {
  readonly input: () => Promise<EventInput>;
  /**
   * Loads the reference tables; loading again changes nothing.
   *
   * @returns number of rows
   */
  readonly loadReference: (target: ExampleTarget) => Promise<number>;
}
