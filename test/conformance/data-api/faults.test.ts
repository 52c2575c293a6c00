import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFaultDecider, type Fault, type FaultCall } from '../../../local/data-api/faults.ts';
import { createClient, long, openDataApi, refusalOf, type DataApiWorld } from './open-data-api.ts';

let world: DataApiWorld;

beforeAll(async () => {
  world = await openDataApi({ controlPaths: true });
  await world.execute('CREATE TABLE written (id int)');
});
beforeEach(() => world.execute('TRUNCATE written'));
afterEach(() => {
  world.server.setFaults(undefined);
});
afterAll(() => world.close());

const INSERT = 'INSERT INTO written VALUES (1)';

/** What became of one INSERT that met the fault: how it was refused, and the rows it left. */
async function insertWith(fault: Fault) {
  world.server.setFaults(createFaultDecider([{ sqlIncludes: 'INSERT', times: 1, fault }]));
  const { name, status } = await refusalOf(world.execute(INSERT));
  const [rows] = await world.firstRow('SELECT count(*) FROM written');
  return { name, status, rows: rows?.longValue };
}

const FAULTS: readonly (readonly [string, Fault, { name: string; status?: number; rows: number }])[] = [
  ['throttling', { kind: 'throttle' }, { name: 'ThrottlingException', status: 400, rows: 0 }],
  [
    '500 before the commit',
    { kind: 'error', name: 'InternalServerErrorException', when: 'before' },
    { name: 'InternalServerErrorException', status: 500, rows: 0 },
  ],
  [
    '500 after the commit',
    { kind: 'error', name: 'InternalServerErrorException', when: 'after' },
    { name: 'InternalServerErrorException', status: 500, rows: 1 },
  ],
  [
    '503',
    { kind: 'error', name: 'ServiceUnavailableError', when: 'before' },
    { name: 'ServiceUnavailableError', status: 503, rows: 0 },
  ],
  [
    '504',
    { kind: 'error', name: 'DatabaseUnavailableException', message: 'writer unavailable', when: 'before' },
    { name: 'DatabaseUnavailableException', status: 504, rows: 0 },
  ],
  ['a statement timeout', { kind: 'statement-timeout' }, { name: 'StatementTimeoutException', status: 400, rows: 0 }],
  ['a delay', { kind: 'delay', delayMs: 5 }, { name: 'accepted', status: 200, rows: 1 }],
];

describe('faults', () => {
  it.each(FAULTS)('%s', async (_, fault, outcome) => {
    expect(await insertWith(fault)).toEqual(outcome);
  });

  it('a connection dropped before the commit leaves nothing', async () => {
    const outcome = await insertWith({ kind: 'drop-connection', when: 'before' });
    expect(outcome).toMatchObject({ status: undefined, rows: 0 });
    expect(outcome.name).not.toBe('accepted');
  });

  it('a connection dropped after the commit leaves the row', async () => {
    const outcome = await insertWith({ kind: 'drop-connection', when: 'after' });
    expect(outcome).toMatchObject({ status: undefined, rows: 1 });
    expect(outcome.name).not.toBe('accepted');
  });

  it("are met by the SDK's own retries, which write a row twice", async () => {
    const fault: Fault = { kind: 'error', name: 'InternalServerErrorException', when: 'after' };
    world.server.setFaults(createFaultDecider([{ sqlIncludes: 'INSERT', times: 1, fault }]));
    const retrying = createClient(world.server, 3);
    await retrying.send(new ExecuteStatementCommand({ ...world.target, sql: INSERT }));
    retrying.destroy();
    expect(await world.firstRow('SELECT count(*) FROM written')).toEqual([long(2)]);
  });

  it('are decided by call: operation, statement, attempt and number', async () => {
    const seen: FaultCall[] = [];
    world.server.setFaults((call) => {
      seen.push(call);
      return call.attempt < 3 ? { kind: 'throttle' } : undefined;
    });
    const retrying = createClient(world.server, 3);
    await retrying.send(new ExecuteStatementCommand({ ...world.target, sql: 'SELECT 7' }));
    retrying.destroy();
    expect(seen.map(({ operation, sql, attempt }) => [operation, sql, attempt])).toEqual([
      ['ExecuteStatement', 'SELECT 7', 1],
      ['ExecuteStatement', 'SELECT 7', 2],
      ['ExecuteStatement', 'SELECT 7', 3],
    ]);
    expect(seen[1]!.index).toBe(seen[0]!.index + 1);
  });
});

describe('a paused cluster', () => {
  it('refuses until it has resumed, and the SDK does not retry', async () => {
    world.server.pause(200);
    const before = world.server.calls().ExecuteStatement;
    const retrying = createClient(world.server, 5);
    const call = retrying.send(new ExecuteStatementCommand({ ...world.target, sql: 'SELECT 1' }));
    const refusal = await refusalOf(call);
    retrying.destroy();
    expect(refusal).toMatchObject({ name: 'DatabaseResumingException', status: 400 });
    expect(refusal.message).toContain('is resuming after being auto-paused. Please wait a few seconds and try again.');
    expect(world.server.calls().ExecuteStatement - before).toBe(1);
    await expect.poll(async () => (await refusalOf(world.execute('SELECT 1'))).name).toBe('accepted');
  });

  it('is a fault too', async () => {
    world.server.setFaults(createFaultDecider([{ times: 1, fault: { kind: 'resume', durationMs: 100 } }]));
    expect((await refusalOf(world.begin())).name).toBe('DatabaseResumingException');
    await expect.poll(async () => (await refusalOf(world.execute('SELECT 1'))).name).toBe('accepted');
  });
});

describe('control by HTTP', () => {
  const control = (method: string, path: string, body?: unknown) =>
    fetch(`${world.server.endpoint}${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });

  it('sets the faults in force', async () => {
    expect((await control('PUT', '/local/faults', [{ times: 1, fault: { kind: 'throttle' } }])).status).toBe(200);
    expect((await refusalOf(world.execute('SELECT 1'))).name).toBe('ThrottlingException');
    expect((await refusalOf(world.execute('SELECT 1'))).name).toBe('accepted');
  });

  it.each([
    [{}, 'expected a list'],
    [[{ fault: { kind: 'meteor' } }], 'rule 0: `fault.kind` must be one of delay, throttle'],
    [[{ fault: { kind: 'error', name: 'Oops' } }], 'rule 0: `fault.name` must be one of'],
  ])('refuses the rules %j', async (rules, message) => {
    const response = await control('PUT', '/local/faults', rules);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { message: string }).message).toContain(message);
  });

  it('shows the calls', async () => {
    expect(await (await control('GET', '/local/calls')).json()).toEqual(world.server.calls());
  });

  it('pauses the cluster', async () => {
    await control('POST', '/local/pause', { resumeMs: 50 });
    expect((await refusalOf(world.execute('SELECT 1'))).name).toBe('DatabaseResumingException');
    await expect.poll(async () => (await refusalOf(world.execute('SELECT 1'))).name).toBe('accepted');
  });
});
