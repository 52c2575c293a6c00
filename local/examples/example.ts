import type { Execute } from '../../data-api/execute.ts';
import type { EventInput, TextEvent } from '../input/event-input.ts';

/** Real input for a function: events for its stream and rows for its reference tables. */
export interface Example {
  readonly input: () => Promise<EventInput<TextEvent>>;
  /**
   * Loads the reference tables; loading again changes nothing.
   *
   * @returns number of rows
   */
  readonly loadReference: (execute: Execute) => Promise<number>;
}
