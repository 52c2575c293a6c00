import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionFolder } from '../../../build/function-folder.ts';
import { AuditEndedError, openAudit } from '../../../build/open-audit.ts';
import type { Execute } from '../../../data-api/execute.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';

const PROCESSOR = join(import.meta.dirname, '../../../processor');

/** A function that takes orders, skips pings, and does what a trap says. */
const HANDLER = `
import { createHandler } from '${PROCESSOR}/create-handler.ts';
import { defineProjection, inserts, remove, skip, versions } from '${PROCESSOR}/projection.ts';
export const handler = createHandler(defineProjection({
  name: 'traps',
  schema: { '~standard': { version: 1, vendor: 'test', validate: (value: any) => ({ value }) } },
  eventId: (event: any) => event.id,
  tables: {
    orders: inserts({ columns: { id: 'text' } }),
    states: versions({ key: { id: 'text' }, version: { seq: 'integer' }, columns: {} }),
  },
  project: (event: any) => {
    if (event.trap === 'exit') process.exit(1);
    if (event.ping) return skip('ping');
    return event.gone ? { states: remove({ id: event.id, seq: 1 }) } : { orders: { id: event.id } };
  },
}));`;

/** A database that knows nothing. */
const EMPTY: Execute = (sql, parameters = {}) => {
  const items = JSON.parse(parameters['items'] ?? '[]') as readonly unknown[];
  const rows = sql.includes('asked AS') ? items.map(() => [{ booleanValue: false }, { isNull: true }]) : [];
  return Promise.resolve({ rows, updated: 0 } as never);
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traps-'));
  await writeFile(join(folder, 'handler.ts'), HANDLER);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function record(data: unknown, index = 0) {
  return kinesisRecord({ data, index });
}

describe('openAudit', () => {
  it('runs the projection as it is deployed: its own skip and remove are understood', async () => {
    await using audit = await openAudit(functionFolder(folder), EMPTY);
    expect(audit.functionName).toBe('traps');
    const records = [record({ id: 'a', ping: true }), record({ id: 'b', gone: true }, 1), record({ id: 'c' }, 2)];
    expect(await audit.audit(records, [true, true, true])).toMatchObject([
      { fate: 'skipped', reason: 'ping' },
      { fate: 'nowhere', reason: null, eventId: 'b' },
      { fate: 'nowhere', reason: null, eventId: 'c' },
    ]);
  });

  it('outlives a projection that ends its process, and goes on with the next records', async () => {
    await using audit = await openAudit(functionFolder(folder), EMPTY);
    await expect(audit.audit([record({ id: 'a', trap: 'exit' })], [true])).rejects.toThrow(AuditEndedError);
    expect(await audit.audit([record({ id: 'a', ping: true })], [true])).toMatchObject([{ fate: 'skipped' }]);
  });

  it('fails with what the database said, and answers the next question', async () => {
    const refusal = new Error('no such table');
    let isDown = false;
    await using audit = await openAudit(functionFolder(folder), (sql, parameters) =>
      isDown ? Promise.reject(refusal) : EMPTY(sql, parameters),
    );
    isDown = true;
    await expect(audit.audit([record({ id: 'a' })], [true])).rejects.toBe(refusal);
    isDown = false;
    expect(await audit.audit([record({ id: 'a' })], [true])).toMatchObject([{ fate: 'nowhere' }]);
  });
});
