import { Client } from 'pg';

/**
 * Runs SQL on a connection of its own.
 *
 * @param url of the database
 * @param sql one statement, or several without values, whose rows nobody needs
 * @param values of its placeholders
 * @returns the rows of the one statement
 * @throws Error when the database can't be reached or refuses the statement
 */
export async function queryOnce<Row extends object>(
  url: string,
  sql: string,
  values?: readonly unknown[],
): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  // A connection that breaks once it has answered is not news.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(sql, values === undefined ? undefined : [...values])).rows;
  } finally {
    await client.end();
  }
}
