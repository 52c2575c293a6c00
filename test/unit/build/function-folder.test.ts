import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkFunctionFolder,
  functionFolder,
  ownFunctionFolder,
  unknownFunctionProblem,
} from '../../../build/function-folder.ts';

const HOME = process.cwd();

let project: string;

beforeEach(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'function-folder-')));
  process.chdir(project);
});

afterEach(async () => {
  process.chdir(HOME);
  await rm(project, { recursive: true, force: true });
});

async function write(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), '');
  }
}

describe('the folder of a function', () => {
  it('is found by its name in functions/ of the project', async () => {
    await write('functions/orders/handler.ts');
    expect(functionFolder('orders')).toEqual({
      name: 'orders',
      path: 'functions/orders',
      entry: 'functions/orders/handler.ts',
      migrations: join(project, 'functions/orders/migrations'),
    });
    expect(await unknownFunctionProblem('--function', 'orders')).toBeUndefined();
  });

  it.each([
    ['relative to the project', () => './services/orders'],
    ['absolute', () => join(project, 'services/orders')],
  ])('is found by a path %s', async (_, path) => {
    await write('services/orders/handler.ts');
    expect(functionFolder(path())).toMatchObject({ name: 'orders', entry: 'services/orders/handler.ts' });
    expect(await unknownFunctionProblem('--function', path())).toBeUndefined();
  });

  it('may lie beside the project, as in a repository of several packages', async () => {
    await write('orders/handler.ts', 'infra/cdk.json');
    process.chdir(join(project, 'infra'));
    expect(functionFolder('../orders')).toMatchObject({ name: 'orders', entry: '../orders/handler.ts' });
  });

  it('may have a handler in JavaScript', async () => {
    await write('functions/orders/handler.mjs', 'functions/orders/migrations/001-orders.sql');
    const folder = functionFolder('orders');
    expect(folder.entry).toBe('functions/orders/handler.mjs');
    expect(await checkFunctionFolder(folder)).toEqual({ hasHandler: true, problems: [] });
  });

  it('is told of migrations that are no text', async () => {
    await write('functions/orders/handler.mjs', 'functions/orders/migrations/001-orders.sql');
    await writeFile(
      join(project, 'functions/orders/migrations/001-orders.sql'),
      Buffer.from('CREATE TABLE t (id text)', 'utf16le'),
    );
    expect(await checkFunctionFolder(functionFolder('orders'))).toEqual({
      hasHandler: true,
      problems: [
        'functions/orders/migrations/001-orders.sql: must be text in UTF-8, got other bytes; save it as UTF-8',
      ],
    });
  });

  it('is refused when there is none of that name, with the nearest one', async () => {
    await write('functions/orders/handler.ts', 'functions/payments/handler.ts');
    expect(await unknownFunctionProblem('--function', 'order')).toBe(
      '`--function` must be one of orders, payments (folders of functions/), got "order"; did you mean `orders`?',
    );
    expect(await unknownFunctionProblem('--function', './order')).toBe(
      '`--function` must be the folder of a function, got "./order", which is none',
    );
  });

  it('is looked for where the command runs, which is said when there are none', async () => {
    expect(await unknownFunctionProblem('--function', 'orders')).toBe(
      `\`--function\` must be a folder of ${project}/functions, got "orders", and there is none; ` +
        'run this in the folder of your project, or give the path of the function',
    );
  });
});

it('finds the functions of the framework wherever the project is', () => {
  expect(ownFunctionFolder('migrate').name).toBe('migrate');
  expect(resolve(ownFunctionFolder('migrate').entry)).toBe(
    resolve(import.meta.dirname, '../../../functions/migrate/handler.ts'),
  );
});
