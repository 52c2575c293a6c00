import { Client } from 'pg';
import { describeNextCommands, type NextCommand } from '../../command-line/next-commands.ts';
import { commandOf } from '../../command-line/program-name.ts';
import { FRAMEWORK_SCHEMA } from '../../contract/framework-tables.ts';
import type { RunOptions } from './run-options.ts';

/** Tables that are named; a database that was there before may have many more. */
const MAX_TABLES = 20;

const TABLES = `SELECT format('%I.%I', table_schema, table_name) AS name, table_schema = 'public' AS is_public, table_name AS short
FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema', '${FRAMEWORK_SCHEMA}')
ORDER BY 1 LIMIT ${MAX_TABLES}`;

const NEW_FUNCTION: NextCommand = [
  'npm run new -- NAME --sample FILE',
  'a function of your own, made from your events',
];

interface TableName {
  readonly name: string;
  readonly is_public: boolean;
  readonly short: string;
}

/**
 * Says what a run leaves and what a person may do next: the tables with their rows, and how to look at them.
 *
 * @param databaseUrl of the database that the run wrote to
 * @returns nothing when the database is gone
 */
export async function describeNext(
  databaseUrl: string,
  { functions, databaseUrl: given }: Pick<RunOptions, 'functions' | 'databaseUrl'>,
): Promise<readonly string[]> {
  const tables = await countRows(databaseUrl).catch(() => []);
  if (tables.length === 0) return [];
  const start = `${commandOf('start')} --function ${functions.join(' ')}`;
  return [
    `Tables: ${tables.join(', ')}`,
    ...describeNextCommands([
      given === undefined
        ? [`${start} --keep-running`, 'the same, then keep the database open for psql']
        : [`psql ${given}`],
      [`${start} --input FILE`, 'events of your own'],
      ...(commandOf('start').startsWith('npm ') ? [NEW_FUNCTION] : []),
    ]),
  ];
}

async function countRows(databaseUrl: string): Promise<readonly string[]> {
  const client = new Client({ connectionString: databaseUrl });
  // A connection that breaks once it has answered is not news here.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<TableName>(TABLES);
    const counted: string[] = [];
    for (const { name, is_public: isPublic, short } of rows) {
      const { rows: counts } = await client.query<{ readonly rows: number }>(
        `SELECT count(*)::float8 AS rows FROM ${name}`,
      );
      const [count] = counts;
      counted.push(`${isPublic ? short : name} (${(count?.rows ?? 0).toLocaleString('en-US')})`);
    }
    return counted;
  } finally {
    await client.end();
  }
}
