import { createSeededRandom } from '../local/chaos/seeded-random.ts';
import type { AppendedRecord } from '../local/mapping/memory-source.ts';
import type { CustomerEvent } from './customer-event.ts';

const CUSTOMERS = 10_000;

/** A tenth of a mix patches one column, a tenth removes the row; the rest is whole rows, as all other events are. */
const SHARE = { patch: 0.1, removal: 0.1 } as const;

/** The same events for the same arguments; those of a mix and others differ in nothing but their kind. */
export function* customerEvents(count: number, { isMix }: { readonly isMix: boolean }): Generator<CustomerEvent> {
  const random = createSeededRandom(1);
  for (let seq = 0; seq < count; seq += 1) {
    const kind = kindOf(random.next());
    const number = random.integer(0, CUSTOMERS - 1);
    yield {
      id: `event-${seq}`,
      customer: `customer-${number}`,
      seq,
      kind: isMix ? kind : 'whole',
      name: `Customer number ${number}`,
      city: `City ${seq % 97}`,
      cents: random.integer(0, 1_000_000),
    };
  }
}

function kindOf(chance: number): CustomerEvent['kind'] {
  if (chance < SHARE.patch) return 'patch';
  return chance < SHARE.patch + SHARE.removal ? 'removal' : 'whole';
}

/** The events as records, each with its customer as the partition key. */
export function* customerRecords(events: Iterable<CustomerEvent>): Generator<AppendedRecord> {
  for (const event of events) {
    yield { partitionKey: event.customer, data: Buffer.from(JSON.stringify(event)).toString('base64') };
  }
}

/** What the events make of an empty table, one after the other: its rows as `jsonb` text, sorted. */
export function customersAfter(events: Iterable<CustomerEvent>): readonly string[] {
  const customers = new Map<
    string,
    Omit<CustomerEvent, 'name' | 'city'> & { name: string | null; city: string | null }
  >();
  for (const event of events) {
    const { name = null, city = null } = event.kind === 'patch' ? (customers.get(event.customer) ?? {}) : event;
    if (event.kind === 'removal') customers.delete(event.customer);
    else customers.set(event.customer, { ...event, name, city });
  }
  return [...customers.values()]
    .map(({ customer, seq, name, city, cents }) => jsonbText([customer, seq, name, city, cents]))
    .sort();
}

/** A list as PostgreSQL writes it. */
function jsonbText(cells: readonly (string | number | null)[]): string {
  return `[${cells.map((cell) => JSON.stringify(cell)).join(', ')}]`;
}
