import { DEFAULT_ENVIRONMENT } from '../../contract/environment.ts';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Engine } from '../../processor/batch-rounds.ts';
import { createEngine } from '../../processor/create-engine.ts';
import type { KinesisRecord } from '../../processor/decode/item.ts';
import { Skip } from '../../processor/decode/skip.ts';
import { processBatch } from '../../processor/process-batch.ts';
import type { AnyProjection } from '../../processor/projection.ts';
import { FUSE_OFF_PERCENT } from '../../processor/quarantine/fuse.ts';
import { retryEntries } from '../../processor/retry-entries.ts';
import { keyForm } from '../../processor/tables/column-sql.ts';
import { identifier } from '../../processor/tables/table-kind.ts';
import type { Impurity, Sighting } from './observed-projection.ts';
import { observeProjection } from './observed-projection.ts';
import type { RunDatabase } from './projection-database.ts';

/** What became of an event that has no effect. */
export interface Verdict {
  readonly kind: 'skipped' | 'quarantined' | 'waiting';
  readonly reason: string;
  readonly detail: string;
  readonly sqlState: string | null;
}

/** What a run left. */
export interface Outcome {
  /** By table: rows of the declared columns, each value as PostgreSQL prints it; sorted. */
  readonly tables: Readonly<Record<string, readonly (readonly (string | null)[])[]>>;
  /** By sequence number and the number of the event in its record. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Entries that the quarantine has, or had until what they lacked was there. */
  readonly refused: ReadonlyMap<string, Verdict>;
  readonly sightings: readonly Sighting[];
  readonly impurities: ReadonlyMap<string, ReadonlySet<Impurity>>;
}

/** Batches, and what they are processed with. */
export interface Run {
  readonly projection: AnyProjection;
  readonly batches: readonly (readonly KinesisRecord[])[];
  /** Whether every batch is processed by an execution environment of its own. */
  readonly coldStarts: boolean;
  /** How far the clock that the projection sees is ahead, in milliseconds. */
  readonly shiftMs: number;
}

/** Thrown where the engine can't go on, which on AWS would hold the position: a table is missing, a name is wrong. */
class HeldRunError extends Error {
  override readonly name = 'HeldRunError';
}

const BUDGET_MS = 60_000;

/** What waits is tried again once everything has been delivered: when that is, is left to the engine, and to nobody's clock. */
const NO_RETRIES = { claim: () => Promise.resolve([]), settle: () => Promise.resolve() };

// What the user shows of a projection may be mostly what it rejects.
const SETTINGS = { ...DEFAULT_ENVIRONMENT, fuseThresholdPercent: FUSE_OFF_PERCENT, codeVersion: 'test' };

/** Has batches processed one after the other, as they would be on AWS, and reads what they leave. */
export async function deliver(
  { projection, batches, coldStarts, shiftMs }: Run,
  database: RunDatabase,
): Promise<Outcome> {
  const observed = observeProjection(projection, shiftMs);
  const start = (): Engine => createEngine(observed.projection, SETTINGS, database.execute);
  let engine = { ...start(), waitingEntries: NO_RETRIES };
  for (const batch of batches) {
    if (coldStarts) engine = { ...start(), waitingEntries: NO_RETRIES };
    const { hold } = await processBatch(batch, engine, () => BUDGET_MS);
    if (hold !== undefined) throw new HeldRunError(`the batch is held: ${hold.message}`, { cause: hold });
  }
  await heal(start(), database);
  const refused = await readQuarantine(database);
  const open = [...refused].filter(([, { isOpen }]) => isOpen);
  return {
    tables: await readTables(projection, database),
    verdicts: new Map([...skipped(observed.sightings), ...open]),
    refused,
    sightings: observed.sightings,
    impurities: observed.impurities,
  };
}

/** Tries what waits for as long as any of it heals. */
async function heal(engine: Engine, database: RunDatabase): Promise<void> {
  const waits = 'heal_until > now() AND applied_at IS NULL';
  for (let healed = 1; healed > 0;) {
    await database.query(`UPDATE ${FRAMEWORK_TABLES.quarantine} SET retry_at = now() WHERE ${waits}`);
    ({ healed } = await retryEntries(engine, () => BUDGET_MS, Infinity));
  }
}

/** What the projection said of an event last. */
function skipped(sightings: readonly Sighting[]): readonly (readonly [string, Verdict])[] {
  const last = new Map(sightings.map((sighting) => [eventKey(sighting), sighting.gave]));
  return [...last].flatMap(([key, gave]): (readonly [string, Verdict])[] =>
    gave instanceof Skip ? [[key, { kind: 'skipped', reason: gave.reason, detail: '', sqlState: null }]] : [],
  );
}

/** Name of an event in an outcome. */
export function eventKey({
  sequenceNumber,
  subSequenceNumber,
}: Pick<Sighting, 'sequenceNumber' | 'subSequenceNumber'>): string {
  return `${sequenceNumber}/${subSequenceNumber}`;
}

async function readQuarantine({
  query,
}: RunDatabase): Promise<ReadonlyMap<string, Verdict & { readonly isOpen: boolean }>> {
  const rows = await query(`
    SELECT sequence_number::text, sub_sequence_number::text, reason, detail, sql_state,
      (heal_until > now())::text, (applied_at IS NULL)::text FROM ${FRAMEWORK_TABLES.quarantine}`);
  return new Map(
    rows.map(([sequence, sub, reason, detail, sqlState, waits, isOpen]) => [
      `${sequence ?? ''}/${sub ?? ''}`,
      {
        kind: waits === 'true' ? 'waiting' : 'quarantined',
        reason: reason ?? '',
        detail: detail ?? '',
        sqlState: sqlState ?? null,
        isOpen: isOpen === 'true',
      },
    ]),
  );
}

async function readTables({ tables }: AnyProjection, { query }: RunDatabase): Promise<Outcome['tables']> {
  const read: Record<string, readonly (readonly (string | null)[])[]> = {};
  for (const [name, { columns, key }] of Object.entries(tables)) {
    // A row may have any of the forms that its key came in.
    const cells = Object.entries(columns).map(([column, type]) =>
      key.includes(column) ? `(${keyForm(identifier(column), type)})::text` : `${identifier(column)}::text`,
    );
    const rows = await query(`SELECT ${cells.join(', ')} FROM ${identifier(name)}`);
    read[name] = rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  return read;
}
