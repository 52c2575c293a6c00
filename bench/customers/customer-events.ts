import { createSeededRandom } from '../../local/chaos/seeded-random.ts';

/** An event about a customer; `seq` grows along the stream. */
export interface CustomerEvent {
  readonly id: string;
  readonly customer: string;
  readonly seq: number;
  readonly kind: 'whole' | 'patch' | 'removal';
  readonly name: string;
  readonly city: string;
  readonly cents: number;
}

/** What a table of customers holds: by id, its columns in their order. */
export type Customers = ReadonlyMap<string, readonly unknown[]>;

const CUSTOMERS = 10_000;

/** A tenth of a mix patches one column, a tenth removes the row; the rest is whole rows, as all other events are. */
const SHARE = { patch: 0.1, removal: 0.1 } as const;

/** The same events for the same arguments; two runs of a kind differ in nothing but the kinds of their events. */
export function* customerEvents(count: number, mixed: boolean): Generator<CustomerEvent> {
  const random = createSeededRandom(1);
  for (let seq = 0; seq < count; seq += 1) {
    const kind = kindOf(random.next());
    const number = random.integer(0, CUSTOMERS - 1);
    yield {
      id: `event-${seq}`,
      customer: `customer-${number}`,
      seq,
      kind: mixed ? kind : 'whole',
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

/** What the events make of an empty table, one after the other. */
export function customersAfter(events: Iterable<CustomerEvent>): Customers {
  const customers = new Map<string, readonly unknown[]>();
  for (const { kind, customer, seq, name, city, cents } of events) {
    const [, , nameBefore = null, cityBefore = null] = customers.get(customer) ?? [];
    if (kind === 'removal') customers.delete(customer);
    else if (kind === 'patch') customers.set(customer, [customer, seq, nameBefore, cityBefore, cents]);
    else customers.set(customer, [customer, seq, name, city, cents]);
  }
  return customers;
}
