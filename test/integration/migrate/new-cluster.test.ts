import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createFaultDecider } from '../../../local/data-api/faults.ts';
import { SECRETS, startDeployedWorld, TABLE_OWNER, type DeployedWorld } from './deployed-world.ts';

let world: DeployedWorld;

beforeAll(async () => {
  world = await startDeployedWorld();
});
afterEach(() => {
  world.server.setFaults(undefined);
});
afterAll(() => world.close());

const HEAD = 'the migrations cannot be applied:\n- ';

describe('a database that the cluster does not have', () => {
  test('is created, and belongs to who migrates', async () => {
    await world.query('postgres', `ALTER ROLE ${TABLE_OWNER.username} CREATEDB CREATEROLE`);
    const { Status } = await world.migrate('made_by_owner', 'Create', { secretArn: TABLE_OWNER.arn });
    await world.query('postgres', `ALTER ROLE ${TABLE_OWNER.username} NOCREATEDB`);
    expect(Status).toBe('SUCCESS');
    await expect(
      world.query(
        'made_by_owner',
        'SELECT datdba::regrole::text AS owner FROM pg_database WHERE datname = current_database()',
      ),
    ).resolves.toEqual([{ owner: TABLE_OWNER.username }]);
    await expect(world.query('made_by_owner', 'SELECT * FROM flights')).resolves.toEqual([]);
  });

  test('is created once by deployments at the same time', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => world.migrate('made_at_once')));
    expect(answers.map(({ Status, Reason }) => [Status, Reason])).toEqual(Array(3).fill(['SUCCESS', 'done']));
  });

  test('takes the place of the one before when the setting changes, which stays as it was', async () => {
    const before = await world.createDatabase();
    await world.migrate(before);
    await world.query(before, "INSERT INTO airports VALUES ('DTW', '', '', '', '', 0, 0)");
    await expect(world.migrate('made_by_change', 'Update')).resolves.toMatchObject({ Status: 'SUCCESS' });
    await expect(world.query('made_by_change', 'SELECT * FROM airports')).resolves.toEqual([]);
    await expect(world.query(before, 'SELECT iata FROM airports')).resolves.toEqual([{ iata: 'DTW' }]);
    await expect(world.query('made_by_change', 'SELECT * FROM flights', 'processor')).resolves.toEqual([]);
  });

  test('is asked of a person where the user may not create it', async () => {
    const answer = await world.migrate('not_allowed', 'Create', { secretArn: TABLE_OWNER.arn });
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain(
      `${HEAD}the database not_allowed does not exist, and the user of the migrations' secret may not create it; ` +
        'create it with that user as its owner, or give the user CREATEDB',
    );
  });

  test.each([
    ['template1', 'must not be a database of PostgreSQL or RDS, got template1'],
    ['a'.repeat(64), 'must have at most 63 bytes, got 64'],
  ])('is refused under the name %s', async (name, problem) => {
    const answer = await world.migrate(name);
    expect(answer).toMatchObject({ Status: 'FAILED' });
    expect(answer.Reason).toContain(`${HEAD}\`databaseName\` ${problem}`);
  });

  test('is quoted, so that any other name can be used', async () => {
    await expect(world.migrate('Mixed "case" und ü')).resolves.toMatchObject({ Status: 'SUCCESS' });
  });

  test('is not taken for missing when it cannot be entered', async () => {
    const database = await world.createDatabase();
    await world.query('postgres', `REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`);
    const answer = await world.migrate(database, 'Create', { secretArn: TABLE_OWNER.arn });
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain(`permission denied for database "${database}"`);
  });
});

describe('a cluster that is coming up', () => {
  test.each([
    [
      'whose Data API is not on yet',
      'HttpEndpointNotEnabledException',
      'HttpEndpoint is not enabled for cluster local',
    ],
    [
      'whose Data API is not on yet, in the words of before',
      'BadRequestException',
      'HttpEndpoint is not enabled for cluster local',
    ],
    ['without an instance', 'DatabaseNotFoundException', 'no instance'],
    [
      'whose database is starting',
      'DatabaseErrorException',
      'FATAL: the database system is starting up; SQLState: 57P03',
    ],
  ] as const)('is waited for: one %s', async (_, name, message) => {
    const database = await world.createDatabase();
    world.server.setFaults(createFaultDecider([{ times: 2, fault: { kind: 'error', name, message, when: 'before' } }]));
    await expect(world.migrate(database)).resolves.toMatchObject({ Status: 'SUCCESS' });
  });

  test('is waited for only so long, and the answer says what was missing', async () => {
    const database = await world.createDatabase();
    const fault = { kind: 'error', name: 'HttpEndpointNotEnabledException', when: 'before' } as const;
    world.server.setFaults(createFaultDecider([{ fault }]));
    const answer = await world.migrate(database, 'Create', { remainingMs: 92_000 });
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain('the database was not ready within 2 s; last: HttpEndpointNotEnabledException');
    expect(answer.Reason).toContain('the Data API of the cluster is off: enable it');
  });
});

describe('the end of a stack', () => {
  test('succeeds where the database never came, and where nothing answers any more', async () => {
    const calls = world.server.calls();
    await expect(world.migrate('never_there', 'Delete')).resolves.toMatchObject({ Status: 'SUCCESS', Data: {} });
    expect(world.server.calls()).toEqual(calls);
  });

  test('leaves tables, rows and roles, so that a resource that was only renamed takes nothing away', async () => {
    const database = await world.createDatabase();
    const { PhysicalResourceId: physicalResourceId } = await world.migrate(database);
    const answer = await world.migrate(database, 'Delete', { physicalResourceId });
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: physicalResourceId });
    await expect(world.query(database, 'SELECT * FROM flights', 'processor')).resolves.toEqual([]);
    expect(world.secrets.current(SECRETS.processor.arn).username).toBe(SECRETS.processor.username);
  });
});
