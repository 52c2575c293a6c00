import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SECRETS, startDeployedWorld, type DeployedWorld } from './deployed-world.ts';
import type { RoleSecret } from './fake-secrets-manager.ts';
import { AIRPORTS, FLIGHT, writeFlights } from './write-flights.ts';

const { arn } = SECRETS.processor;

let world: DeployedWorld;
let database: string;

beforeAll(async () => {
  world = await startDeployedWorld();
});
afterAll(() => world.close());

beforeEach(async () => {
  database = await world.createDatabase();
  await world.migrate(database);
  await world.query(database, AIRPORTS);
});

/** Whether a user gets into the database. */
async function canLogIn({ username, password }: RoleSecret): Promise<boolean> {
  const url = new URL(world.postgresUrl);
  const login = Object.assign(url, { pathname: database, username, password });
  return world.queryAt(login.href, 'SELECT 1').then(
    () => true,
    () => false,
  );
}

async function canWork(delay: number): Promise<void> {
  const batch = { database, flights: [{ ...FLIGHT, delay }], firstIndex: delay };
  await expect(writeFlights(world, batch)).resolves.toEqual({ batchItemFailures: [] });
}

describe('a rotation of the password of a role', () => {
  test('gives the processor another user of the same role, and the one before stays valid until the next one', async () => {
    const first = world.secrets.current(arn);
    await world.rotate(database, 'processor');
    const second = world.secrets.current(arn);
    expect(second.username).toBe('flights_processor_clone');
    expect(second.password).toMatch(/^[\w-]{32}$/);
    await canWork(1);
    await expect(Promise.all([first, second].map(canLogIn))).resolves.toEqual([true, true]);

    await world.rotate(database, 'processor');
    const third = world.secrets.current(arn);
    expect(third.username).toBe('flights_processor');
    await canWork(2);
    await expect(Promise.all([first, second, third].map(canLogIn))).resolves.toEqual([false, true, true]);
  });

  test('leaves every call with the secret in use valid, whichever step has just been done', async () => {
    for (const steps of [['createSecret'], ['createSecret', 'setSecret']] as const) {
      await world.rotate(database, 'processor', steps);
      await canWork(steps.length);
    }
  });

  test('is not undone by the migrations of a deployment, and what they grant holds for both users', async () => {
    await world.rotate(database, 'processor');
    await world.query(database, 'REVOKE INSERT ON flights FROM flights_processor');
    await world.migrate(database, 'Update');
    await canWork(1);
    await expect(canLogIn(world.secrets.current(arn))).resolves.toBe(true);
    await world.rotate(database, 'processor');
    await canWork(2);
  });

  test('works where the roles are gone, as in a cluster that was made anew', async () => {
    await world.rotate(database, 'maintenance');
    for (const role of ['flights_maintenance_clone', 'flights_maintenance']) {
      await world.query(database, `ALTER ROLE ${role} RENAME TO ${role}_gone`);
    }
    await world.migrate(database, 'Update');
    await expect(world.query(database, 'SELECT * FROM event_processor.fuse', 'maintenance')).resolves.toEqual([]);
  });

  test('can do each step twice, as Secrets Manager repeats what got no answer', async () => {
    const before = world.secrets.current(arn);
    const twice = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
    await world.rotate(
      database,
      'processor',
      twice.flatMap((step) => [step, step]),
    );
    const after = world.secrets.current(arn);
    expect(after.username).not.toBe(before.username);
    await canWork(1);
  });

  test('is called off when the new password does not let the role in', async () => {
    const before = world.secrets.current(arn);
    await world.query(database, 'REVOKE CONNECT ON DATABASE ' + database + ' FROM PUBLIC');
    await expect(world.rotate(database, 'processor')).rejects.toThrow('the previous one is current again');
    expect(world.secrets.current(arn)).toEqual(before);
  });

  test('tests what is there when it is only set up, without a new version', async () => {
    const before = world.secrets.current(arn);
    await world.rotate(database, 'processor', ['testSecret']);
    expect(world.secrets.current(arn)).toEqual(before);
    await world.query(database, `ALTER ROLE ${before.username} NOLOGIN`);
    await expect(world.rotate(database, 'processor', ['testSecret'])).rejects.toThrow('cannot log in');
  });
});
