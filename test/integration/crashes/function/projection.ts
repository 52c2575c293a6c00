import * as z from 'zod';
import { defineProjection, inserts } from '../../../../processor/projection.ts';

/** What an event can do to the process that works on it. */
const DEEDS = [
  'heap',
  'loop',
  'exit',
  'reject',
  'throw-later',
  'exit-later',
  'exit-in-schema',
  'never-settles',
] as const;

/** An event of the tests of crashes. */
export interface Deed {
  readonly id: string;
  readonly does?: (typeof DEEDS)[number];
}

const hoard: unknown[] = [];

const MISBEHAVE: Readonly<Record<(typeof DEEDS)[number], () => void>> = {
  heap: () => {
    for (;;) hoard.push(new Array(1_000_000).fill(0));
  },
  loop: () => {
    for (;;);
  },
  exit: () => process.exit(1),
  reject: () => {
    void Promise.reject(new Error('nobody awaits this'));
  },
  'throw-later': () => {
    setTimeout(() => {
      throw new Error('nobody catches this');
    }, 30);
  },
  'exit-later': () => {
    setTimeout(() => process.exit(0), 30);
  },
  'exit-in-schema': () => undefined,
  'never-settles': () => undefined,
};

export const deeds = defineProjection({
  name: 'deeds',
  schema: z.object({ id: z.string(), does: z.enum(DEEDS).optional() }).transform((deed) => {
    if (deed.does === 'exit-in-schema') process.exit(1);
    return deed.does === 'never-settles' ? new Promise<never>(() => undefined) : deed;
  }),
  eventId: ({ id }) => id,
  tables: { deeds: inserts({ columns: { id: 'text' } }) },
  project: ({ id, does }) => {
    if (does !== undefined) MISBEHAVE[does]();
    return { deeds: { id } };
  },
});
