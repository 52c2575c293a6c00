import * as z from 'zod';
import { cloudWatchLogs, defineProjection, inserts, skip } from '../../processor/projection.ts';

const call = z.object({
  eventID: z.uuid(),
  eventTime: z.iso.datetime(),
  eventSource: z.string(),
  eventName: z.string(),
  readOnly: z.boolean().default(false),
});

export const calls = defineProjection({
  name: 'calls',
  decode: cloudWatchLogs(),
  schema: z.object({
    message: z
      .string()
      .transform((text): unknown => JSON.parse(text))
      .pipe(call),
  }),
  eventId: ({ message }) => message.eventID,
  tables: { calls: inserts({ columns: { id: 'uuid', at: 'timestamptz', service: 'text', name: 'text' } }) },
  project: ({ message: { eventID: id, eventTime: at, eventSource: service, eventName: name, readOnly } }) =>
    readOnly ? skip('read-only') : { calls: { id, at, service, name } },
});
