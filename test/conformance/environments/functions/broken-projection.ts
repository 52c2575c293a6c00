import type { StandardSchemaV1 } from '@standard-schema/spec';
import { createHandler } from '../../../../processor/create-handler.ts';
import { defineProjection, inserts } from '../../../../processor/projection.ts';

const anything: StandardSchemaV1<unknown, { id: string }> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as { id: string } }) },
};

/** A projection that compiles, but for what is said about its types, and cannot work. */
export const handler = createHandler(
  defineProjection({
    name: 'No Name',
    schema: anything,
    eventId: (event) => event.id,
    tables: { orders: inserts({ columns: { id: 'varchar' as 'text' } }) },
    project: (event) => ({ orders: event }),
  }),
);
