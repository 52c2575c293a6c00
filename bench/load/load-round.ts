import type { Field, SqlParameter } from '@aws-sdk/client-rds-data';
import type { SeededRandom } from '../../local/chaos/seeded-random.ts';

/** The members an answer must have, or the SQLSTATE it must fail with. */
export type ExpectedAnswer =
  | { readonly records: readonly (readonly Field[])[] }
  | { readonly numberOfRecordsUpdated: number }
  | { readonly updateResults: readonly { readonly generatedFields: readonly Field[] }[] }
  | { readonly sqlState: string };

/** One statement with its right answer; a batch when it has parameter sets. */
export interface LoadCall {
  readonly sql: string;
  readonly parameters?: SqlParameter[];
  readonly parameterSets?: SqlParameter[][];
  readonly expected: ExpectedAnswer;
}

/** What one client does in one go. */
export interface LoadRound {
  readonly kind: LoadKind;
  readonly calls: readonly LoadCall[];
  /** How the transaction ends that the calls are in; without it each call stands alone. */
  readonly transactionEnd?: 'commit' | 'rollback';
  /** Calls outside the transaction, after its end: what others see of it. */
  readonly afterwards?: readonly LoadCall[];
  /** Rows that stay in the table. */
  readonly rowsAdded: number;
}

/** The table that all rounds write. */
export const LOAD_TABLE = `CREATE TABLE load_rows (
  id bigint PRIMARY KEY, note text NOT NULL, amount numeric(12,2) NOT NULL CHECK (amount >= 0), body jsonb)`;

/** Ids a round may take, counted from its first. */
export const IDS_PER_ROUND = 200;

type RoundMaker = (random: SeededRandom, firstId: number) => Omit<LoadRound, 'kind'>;

const MAKERS = {
  select: (random) => ({ calls: [selectOfManyTypes(random)], rowsAdded: 0 }),
  insert: (random, id) => ({ calls: [insertReturning(random, id), countOf(id, 1)], rowsAdded: 1 }),
  bulk: (random, id) => {
    const rows = random.integer(1, IDS_PER_ROUND);
    return { calls: [bulkInsert(id, rows), countOf(id, rows)], rowsAdded: rows };
  },
  batch: (random, id) => {
    const rows = random.integer(1, 10);
    return { calls: [batchInsert(id, rows), countOf(id, rows)], rowsAdded: rows };
  },
  commit: (random, id) => inTransaction(random, id, 'commit'),
  rollback: (random, id) => inTransaction(random, id, 'rollback'),
  failure: (random, id) => ({ calls: [random.pick(failures(id))], rowsAdded: 0 }),
  abort: (random, id) => ({
    calls: [insertReturning(random, id), random.pick(failures(id + 1)), refusedAfterFailure()],
    transactionEnd: 'rollback',
    afterwards: [countOf(id, 0)],
    rowsAdded: 0,
  }),
} as const satisfies Readonly<Record<string, RoundMaker>>;

/** Names of the kinds of rounds. */
export type LoadKind = keyof typeof MAKERS;

/** All kinds of rounds, each as likely as the others. */
export const LOAD_KINDS = Object.keys(MAKERS) as readonly LoadKind[];

/**
 * Makes up a round: the same for the same chance and id.
 *
 * @param firstId the first of {@link IDS_PER_ROUND} ids that no other round uses
 */
export function createLoadRound(random: SeededRandom, firstId: number): LoadRound {
  const kind = random.pick(LOAD_KINDS);
  const make: RoundMaker = MAKERS[kind];
  return { kind, ...make(random, firstId) };
}

function selectOfManyTypes(random: SeededRandom): LoadCall {
  const [whole, half, flag] = [random.integer(-(2 ** 40), 2 ** 40), random.integer(0, 999) + 0.5, random.chance(0.5)];
  const text = `it's "${whole}" – ü`;
  return {
    sql: `SELECT :whole, :half, :flag, :text, :nothing, encode(:bytes, 'hex'), CAST(:text AS bytea) IS NOT NULL,
      CAST('{"n":' || :whole || '}' AS jsonb), CAST(:half AS numeric(12,2)), DATE '2024-02-29',
      TIMESTAMPTZ '2024-02-29 12:00:00.5+02', ARRAY[:whole, 1], ARRAY[:text, NULL],
      CAST('550e8400-e29b-41d4-a716-446655440000' AS uuid)`,
    parameters: [
      { name: 'whole', value: { longValue: whole } },
      { name: 'half', value: { doubleValue: half } },
      { name: 'flag', value: { booleanValue: flag } },
      { name: 'text', value: { stringValue: text } },
      { name: 'nothing', value: { isNull: true } },
      { name: 'bytes', value: { blobValue: Buffer.from([0, 127, 255]) } },
    ],
    expected: {
      records: [
        [
          { longValue: whole },
          { doubleValue: half },
          { booleanValue: flag },
          { stringValue: text },
          { isNull: true },
          { stringValue: '007fff' },
          { booleanValue: true },
          { stringValue: `{"n":${whole}}` },
          { stringValue: half.toFixed(2) },
          { stringValue: '2024-02-29' },
          { stringValue: '2024-02-29 10:00:00.500' },
          { arrayValue: { longValues: [whole, 1] } },
          { arrayValue: { stringValues: [text, null] } },
          { stringValue: '550e8400-e29b-41d4-a716-446655440000' },
        ],
      ],
    },
  };
}

const INSERT = 'INSERT INTO load_rows (id, note, amount) VALUES (:id, :note, CAST(:amount AS numeric))';

function rowParameters(id: number, amount: string): SqlParameter[] {
  return [
    { name: 'id', value: { longValue: id } },
    { name: 'note', value: { stringValue: `note of ${id}` } },
    { name: 'amount', value: { stringValue: amount } },
  ];
}

function insertReturning(random: SeededRandom, id: number): LoadCall {
  const amount = `${random.integer(0, 9_999)}.25`;
  return {
    sql: `${INSERT} RETURNING id, note, amount, body`,
    parameters: rowParameters(id, amount),
    expected: {
      records: [[{ longValue: id }, { stringValue: `note of ${id}` }, { stringValue: amount }, { isNull: true }]],
    },
  };
}

function bulkInsert(firstId: number, rows: number): LoadCall {
  const values = Array.from({ length: rows }, (_, index) => ({
    id: firstId + index,
    note: `row ${index}`,
    amount: index,
    body: { index },
  }));
  return {
    sql: `INSERT INTO load_rows SELECT id, note, amount, body FROM
      jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, note text, amount numeric, body jsonb)`,
    parameters: [{ name: 'rows', value: { stringValue: JSON.stringify(values) } }],
    expected: { numberOfRecordsUpdated: rows },
  };
}

function batchInsert(firstId: number, rows: number): LoadCall {
  return {
    sql: INSERT,
    parameterSets: Array.from({ length: rows }, (_, index) => rowParameters(firstId + index, '1.5')),
    expected: { updateResults: Array.from({ length: rows }, () => ({ generatedFields: [] })) },
  };
}

/** Rows with the ids of a round: all that it wrote, by way of the primary key. */
function countOf(firstId: number, rows: number): LoadCall {
  return {
    sql: 'SELECT count(*) FROM load_rows WHERE id >= :first AND id < :first + :ids',
    parameters: [
      { name: 'first', value: { longValue: firstId } },
      { name: 'ids', value: { longValue: IDS_PER_ROUND } },
    ],
    expected: { records: [[{ longValue: rows }]] },
  };
}

function inTransaction(
  random: SeededRandom,
  id: number,
  transactionEnd: 'commit' | 'rollback',
): Omit<LoadRound, 'kind'> {
  const rows = random.integer(2, 20);
  const rowsAdded = transactionEnd === 'commit' ? rows : 0;
  return {
    calls: [insertReturning(random, id), bulkInsert(id + 1, rows - 1), countOf(id, rows)],
    transactionEnd,
    afterwards: [countOf(id, rowsAdded)],
    rowsAdded,
  };
}

/** Statements that fail, by SQLSTATE. {@link https://www.postgresql.org/docs/17/errcodes-appendix.html} */
function failures(id: number): LoadCall[] {
  const fails = (sqlState: string, sql: string, parameters: SqlParameter[] = []): LoadCall => ({
    sql,
    parameters,
    expected: { sqlState },
  });
  return [
    fails('22012', 'SELECT 1 / :zero', [{ name: 'zero', value: { longValue: 0 } }]),
    fails('22P02', 'SELECT CAST(:text AS integer)', [{ name: 'text', value: { stringValue: 'seven' } }]),
    fails('23505', `${INSERT}, (:id, :note, 0)`, rowParameters(id, '1')),
    fails('23502', 'INSERT INTO load_rows (id, note, amount) VALUES (:id, NULL, 0)', [
      { name: 'id', value: { longValue: id } },
    ]),
    fails('23514', INSERT, rowParameters(id, '-1')),
    fails('42601', 'SELEC 1'),
    fails('42703', 'SELECT no_such_column FROM load_rows'),
    fails('42P01', 'SELECT 1 FROM no_such_table'),
  ];
}

function refusedAfterFailure(): LoadCall {
  return { sql: 'SELECT 1', expected: { sqlState: '25P02' } };
}
