/** An event before it is on the stream. */
export interface InputEvent {
  readonly partitionKey: string;
  /** JSON text, or the bytes of a record. */
  readonly data: string | Uint8Array;
}

/** An event whose data is JSON text. */
export interface TextEvent extends InputEvent {
  readonly data: string;
}

/** Where a run's events come from. */
export interface EventInput<Event extends InputEvent = InputEvent> {
  /** Events of a backlog when the user names no number. */
  readonly backlog: number;
  /** Events in stream order; may never end. */
  readonly events: () => Iterable<Event>;
}
