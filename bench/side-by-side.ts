import type { AppendedRecord } from '../local/mapping/memory-source.ts';
import type { Arena } from './arena.ts';
import { VerificationError } from './arena.ts';
import type { DrainSettings } from './drain.ts';
import { openFunctionContender } from './function-contender.ts';

/** A function over events of its own, with tables of its own. */
export interface Side {
  readonly name: string;
  /** Path of the handler module, relative to the repository. */
  readonly entry: string;
  /** The same in each round. */
  readonly records: () => Iterable<AppendedRecord>;
  /** Tables that are emptied before each round. */
  readonly tables: readonly string[];
  /** Reads what the tables hold after a round, one text a row. */
  readonly digest: string;
  /** What it must be. */
  readonly expected: readonly string[];
}

/** How a side is drained. */
export type SideSettings = Omit<DrainSettings, 'records'> & { readonly rounds: number };

/**
 * Drains the backlogs of several functions in turns, every other round backwards, and verifies each.
 *
 * @returns events per second, one per round, in the order of the sides
 * @throws {@link VerificationError} when the tables of a round hold anything else than they must
 */
export async function drainSideBySide(
  arena: Arena,
  sides: readonly Side[],
  { settings, onStep }: { readonly settings: SideSettings; readonly onStep: (step: string) => void },
): Promise<readonly (readonly number[])[]> {
  await using opened = new AsyncDisposableStack();
  const contenders: { readonly side: Side; readonly rates: number[]; readonly run: () => Promise<number> }[] = [];
  for (const side of sides) {
    const contender = await openFunctionContender(arena, side.entry);
    opened.defer(() => contender.close());
    const run = async (): Promise<number> => {
      await emptyTables(arena, side);
      const { events, seconds } = await contender.run({ ...settings, records: side.records });
      await verifySide(arena, side);
      return events / seconds;
    };
    onStep(`${side.name}: warming up`);
    await run();
    contenders.push({ side, rates: [], run });
  }
  for (let round = 0; round < settings.rounds; round += 1) {
    for (const { side, rates, run } of round % 2 === 0 ? contenders : contenders.toReversed()) {
      onStep(`round ${round + 1} of ${settings.rounds}: ${side.name}`);
      rates.push(await run());
    }
  }
  return contenders.map(({ rates }) => rates);
}

async function emptyTables(arena: Arena, { tables }: Side): Promise<void> {
  await arena.reset();
  await arena.database.query(`TRUNCATE ${tables.join(', ')}`);
}

async function verifySide({ database }: Arena, { name, digest, expected }: Side): Promise<void> {
  const { rows } = await database.query<{ row: string }>(digest);
  const got = rows.map(({ row }) => row).sort();
  const wrong = got.findIndex((row, index) => row !== expected[index]);
  if (wrong < 0 && got.length === expected.length) return;
  throw new VerificationError(
    `${name}: the table must hold ${expected.length} rows, got ${got.length}; row ${wrong} must be ${expected[wrong] ?? 'none'}, got ${got[wrong] ?? 'none'}`,
  );
}
