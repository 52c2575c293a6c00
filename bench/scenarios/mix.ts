import { customerEvents, customerRecords, customersAfter } from '../customer-events.ts';
import type { Finding, SingleScenario } from '../scenario.ts';
import { DEFAULT_SETTING } from '../scenario.ts';
import type { Side } from '../side-by-side.ts';
import { drainSideBySide } from '../side-by-side.ts';
import { compare, summarize } from '../statistics.ts';

const EVENTS = { quick: 20_000, full: 50_000 };

const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS bench_customers (
  id text COLLATE "C" PRIMARY KEY, seq bigint NOT NULL, name text, city text, cents integer NOT NULL)`;

/** What removals and patches cost: against a table that has neither, which is declared so and keeps no tombstones. */
export const mix: SingleScenario = {
  kind: 'single',
  name: 'mix',
  says: 'a tenth removals and a tenth patches, compared with whole rows only, for the same customers',
  run: async (arena, { isQuick, rounds }, onStep): Promise<Finding> => {
    await arena.database.query(CREATE_TABLE);
    const events = isQuick ? EVENTS.quick : EVENTS.full;
    const sides = [
      createSide('whole rows only', 'bench/handlers/whole-customers.ts', { events, isMix: false }),
      createSide('a mix', 'bench/handlers/mixed-customers.ts', { events, isMix: true }),
      createSide('whole rows, into the table of the mix', 'bench/handlers/mixed-customers.ts', {
        events,
        isMix: false,
      }),
    ];
    const rates = await drainSideBySide(arena, sides, {
      settings: { events, ...DEFAULT_SETTING, latencyMs: 0, rounds },
      onStep,
    });
    const [whole = [], mixed = []] = rates;
    // Time per event is the inverse of the rate.
    const comparison = compare(whole, mixed);
    return {
      figures: sides.map(({ name }, index) => ({
        says: name,
        value: summarize(rates[index] ?? []).median,
        unit: 'events/s',
      })),
      ratios: { mixRatio: comparison.kind === 'ratio' ? comparison.value : { refused: comparison.reason } },
    };
  },
};

function createSide(
  name: string,
  entry: string,
  { events, isMix }: { readonly events: number; readonly isMix: boolean },
): Side {
  const all = [...customerEvents(events, { isMix })];
  return {
    name,
    entry,
    records: () => customerRecords(all),
    tables: ['bench_customers'],
    digest: 'SELECT jsonb_build_array(id, seq, name, city, cents)::text AS row FROM bench_customers',
    expected: customersAfter(all),
  };
}
