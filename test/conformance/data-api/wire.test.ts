import { BeginTransactionCommand, ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { long, openDataApi, refusalOf, string, type DataApiWorld } from './open-data-api.ts';

const READER_SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:reader';

let world: DataApiWorld;

beforeAll(async () => {
  world = await openDataApi({ secrets: { [READER_SECRET]: { username: 'reader', password: 'p@ss/word' } } });
  await world.execute("CREATE ROLE reader LOGIN PASSWORD 'p@ss/word'");
});
afterAll(() => world.close());

function post(path: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${world.server.endpoint}${path}`, { method: 'POST', body, headers });
}

describe('the wire', () => {
  it('carries an error by name in a header, with a request id', async () => {
    const response = await post('/Execute', JSON.stringify({ ...world.target, sql: 'SELEKT' }));
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe('DatabaseErrorException');
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await response.json()).toEqual({
      message: 'ERROR: syntax error at or near "SELEKT"; Position: 1; SQLState: 42601',
    });
  });

  it('carries digits that no JavaScript number holds', async () => {
    const parameters = '[{"name":"n","value":{"longValue":9007199254740993}}]';
    const body = `{"resourceArn":"${world.target.resourceArn}","secretArn":"${world.target.secretArn}","sql":"SELECT :n","parameters":${parameters}}`;
    const response = await post('/Execute', body);
    expect(await response.text()).toBe('{"numberOfRecordsUpdated":0,"records":[[{"longValue":9007199254740993}]]}');
  });

  it('leaves out what an answer has not', async () => {
    const changed = await post('/Execute', JSON.stringify({ ...world.target, sql: 'CREATE TABLE made (id int)' }));
    expect(await changed.text()).toBe('{"numberOfRecordsUpdated":0,"generatedFields":[]}');
  });

  it.each([
    ['not JSON', '{', 400, 'SerializationException'],
    ['no members', '{}', 400, 'ValidationException'],
  ])('refuses a body with %s', async (_, body, ...answer) => {
    const response = await post('/Execute', body);
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual(answer);
  });

  it('knows no other paths and methods', async () => {
    expect((await post('/Nothing', '{}')).headers.get('x-amzn-errortype')).toBe('UnknownOperationException');
    expect((await fetch(`${world.server.endpoint}/Execute`)).status).toBe(404);
    expect((await post('/local/faults', '[]')).status).toBe(404);
  });

  it('refuses a web page', async () => {
    const body = JSON.stringify({ ...world.target, sql: 'DROP TABLE made' });
    const response = await post('/Execute', body, { origin: 'http://localhost:3000' });
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([403, 'AccessDeniedException']);
  });

  it('refuses the retired operation', async () => {
    const { resourceArn: dbClusterOrInstanceArn, secretArn: awsSecretStoreArn } = world.target;
    const response = await post(
      '/ExecuteSql',
      JSON.stringify({ dbClusterOrInstanceArn, awsSecretStoreArn, sqlStatements: '' }),
    );
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([400, 'BadRequestException']);
  });

  it('counts the calls by operation', async () => {
    const before = world.server.calls();
    await world.execute('SELECT 1');
    await refusalOf(world.execute('SELEKT'));
    await world.rollback(await world.begin());
    const after = world.server.calls();
    expect(after.ExecuteStatement - before.ExecuteStatement).toBe(2);
    expect(after.BeginTransaction - before.BeginTransaction).toBe(1);
    expect(after.RollbackTransaction - before.RollbackTransaction).toBe(1);
  });
});

describe('cluster, secret and database', () => {
  it('a secret enters as its own user', async () => {
    expect(await world.firstRow('SELECT current_user::text')).toEqual([string('postgres')]);
    const extras = { secretArn: READER_SECRET };
    expect(await world.firstRow('SELECT current_user::text', {}, extras)).toEqual([string('reader')]);
    expect((await refusalOf(world.execute('SELECT * FROM pg_authid', {}, extras))).message).toMatch(/SQLState: 42501$/);
  });

  it('a transaction belongs to the secret that began it', async () => {
    const transactionId = await world.begin();
    const extras = { transactionId, secretArn: READER_SECRET };
    expect(await refusalOf(world.execute('SELECT 1', {}, extras))).toMatchObject({
      name: 'TransactionNotFoundException',
    });
    await world.rollback(transactionId);
  });

  it('an unknown secret is refused', async () => {
    const secretArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:unknown';
    expect(await refusalOf(world.execute('SELECT 1', {}, { secretArn }))).toMatchObject({
      name: 'SecretsErrorException',
      status: 400,
    });
  });

  it('an unknown cluster is refused, its letter case included', async () => {
    const resourceArn = world.target.resourceArn.replace(/[^:]+$/, (name) => name.toUpperCase());
    expect(await refusalOf(world.execute('SELECT 1', {}, { resourceArn }))).toMatchObject({
      name: 'HttpEndpointNotEnabledException',
      status: 400,
    });
    const begin = new BeginTransactionCommand({ ...world.target, resourceArn });
    expect((await refusalOf(world.client.send(begin))).name).toBe('HttpEndpointNotEnabledException');
  });

  it('a cluster of another region is refused', async () => {
    const resourceArn = world.target.resourceArn.replace('us-east-1', 'eu-west-1');
    expect(await refusalOf(world.execute('SELECT 1', {}, { resourceArn }))).toEqual({
      name: 'ValidationException',
      status: 400,
      message: 'Invalid region in ARN',
    });
  });

  it('any ARN is taken where that is asked for', async () => {
    const lenient = await startDataApiServer({ databaseUrl: world.postgres.url, anyArn: true });
    try {
      const response = await fetch(`${lenient.endpoint}/Execute`, {
        method: 'POST',
        body: JSON.stringify({ resourceArn: 'arn:of:anything', secretArn: 'arn:of:anything', sql: 'SELECT 1' }),
      });
      expect(response.status).toBe(200);
    } finally {
      await lenient.close();
    }
  });

  it('a schema is refused', async () => {
    expect(await refusalOf(world.execute('SELECT 1', {}, { schema: 'public' }))).toEqual({
      name: 'ValidationException',
      status: 400,
      message: "The schema parameter isn't supported",
    });
  });

  it('a database is chosen by name', async () => {
    await world.execute('CREATE DATABASE "second one"');
    expect(await world.firstRow('SELECT current_database()::text', {}, { database: 'second one' })).toEqual([
      string('second one'),
    ]);
  });
});

describe('the server', () => {
  it('says in one line that its port is taken', async () => {
    const start = startDataApiServer({ databaseUrl: world.postgres.url, port: world.server.port });
    await expect(start).rejects.toThrow(`port ${world.server.port} is in use; choose another one, or 0 for a free one`);
  });

  it('closes with calls on their way, and twice', async () => {
    const server = await startDataApiServer({ databaseUrl: world.postgres.url });
    const slow = fetch(`${server.endpoint}/Execute`, {
      method: 'POST',
      body: JSON.stringify({ ...world.target, sql: 'SELECT 1 FROM (SELECT pg_sleep(40)) AS closing' }),
    });
    const failed = expect(slow).rejects.toThrow('fetch failed');
    const running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%AS closing' AND pid <> pg_backend_pid()";
    await expect.poll(() => world.firstRow(running)).toEqual([long(1)]);
    await Promise.all([server.close(), server.close()]);
    await failed;
  });

  it('outlives a restart of the database, and says so to the calls it hits', async () => {
    const transactionId = await world.begin();
    const command = new ExecuteStatementCommand({ ...world.target, sql: 'SELECT 1 FROM (SELECT pg_sleep(40)) AS hit' });
    const hit = refusalOf(world.client.send(command));
    const running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%AS hit' AND pid <> pg_backend_pid()";
    await expect.poll(() => world.firstRow(running)).toEqual([long(1)]);
    await world.postgres.restart('fast');
    expect((await hit).message).toBe('FATAL: terminating connection due to administrator command; SQLState: 57P01');
    await expect.poll(async () => (await refusalOf(world.execute('SELECT 1'))).name).toBe('accepted');
    expect((await refusalOf(world.commit(transactionId))).name).toBe('TransactionNotFoundException');
  });

  it('says that the database is not there', async () => {
    const server = await startDataApiServer({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none' });
    try {
      const body = JSON.stringify({ ...world.target, sql: 'SELECT 1' });
      const response = await fetch(`${server.endpoint}/Execute`, { method: 'POST', body });
      expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([
        504,
        'DatabaseUnavailableException',
      ]);
    } finally {
      await server.close();
    }
  });
});
