import type { Execute } from '../../data-api/execute.ts';
import type { EventInput, InputEvent } from '../input/event-input.ts';

/** Input for a function: events for its stream and rows for its reference tables. */
export interface Example<Event extends InputEvent = InputEvent> {
  readonly input: () => Promise<EventInput<Event>>;
  /** Loads the reference tables; loading again changes nothing. */
  readonly loadReference: (execute: Execute) => Promise<void>;
}
