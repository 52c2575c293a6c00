import * as z from 'zod/mini';

/** What the functions of the scenarios `mix` and `hot-counter` expect: an event about a customer. */
export const customerEvent = z.compile(
  z.object({
    id: z.string(),
    customer: z.string(),
    /** Grows along the stream. */
    seq: z.int(),
    kind: z.enum(['whole', 'patch', 'removal']),
    name: z.string(),
    city: z.string(),
    cents: z.int(),
  }),
);

/** An event about a customer. */
export type CustomerEvent = z.output<typeof customerEvent>;

/** The table that both functions keep. */
export const customerTable = {
  key: { id: 'text' },
  version: { seq: 'bigint' },
  columns: { name: 'text?', city: 'text?', cents: 'integer' },
} as const;
