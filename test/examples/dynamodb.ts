import * as z from 'zod';
import { defineProjection, remove, skip, versions } from '../../processor/projection.ts';

const image = z.object({ id: z.object({ S: z.string() }), status: z.object({ S: z.string() }) });

export const orders = defineProjection({
  name: 'orders',
  schema: z.object({
    eventID: z.string(),
    eventName: z.enum(['INSERT', 'MODIFY', 'REMOVE']),
    tableName: z.string(),
    dynamodb: z.object({
      ApproximateCreationDateTime: z.int(),
      Keys: image.pick({ id: true }),
      NewImage: image.optional(),
    }),
  }),
  eventId: ({ eventID }) => eventID,
  tables: { orders: versions({ key: { id: 'text' }, version: { changed: 'bigint' }, columns: { status: 'text' } }) },
  project: ({ tableName, dynamodb: { ApproximateCreationDateTime: changed, Keys, NewImage } }) => {
    if (tableName !== 'orders') return skip(tableName);
    if (NewImage === undefined) return { orders: remove({ id: Keys.id.S, changed }) };
    return { orders: { id: Keys.id.S, changed, status: NewImage.status.S } };
  },
});
