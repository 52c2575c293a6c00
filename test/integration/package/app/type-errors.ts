import { defineProjection, inserts } from 'kinesis-to-aurora';
import { EventProcessor } from 'kinesis-to-aurora/cdk';
import * as z from 'zod';

defineProjection({
  name: 'wrong',
  schema: z.object({ id: z.string() }),
  eventId: (event) => event.id,
  tables: { orders: inserts({ columns: { id: 'text' } }) },
  // @ts-expect-error: the declarations of the package know the columns
  project: ({ id }) => ({ orders: { id, colour: 'red' } }),
});

export function withoutCode(scope: ConstructorParameters<typeof EventProcessor>[0]): EventProcessor {
  // @ts-expect-error: a processor without code
  return new EventProcessor(scope, 'Orders', {});
}
