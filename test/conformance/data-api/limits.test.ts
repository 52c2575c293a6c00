import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallBytes } from '../../../local/data-api/request-listener.ts';
import { long, openDataApi, refusalOf, string, type DataApiWorld } from './open-data-api.ts';

let world: DataApiWorld;
const answered: CallBytes[] = [];

beforeAll(async () => {
  world = await openDataApi({ maxRowBytes: 65_536, onAnswer: (bytes) => answered.push(bytes) });
});
afterAll(() => world.close());

const MEBIBYTE = 1024 * 1024;
const TOO_LARGE = {
  name: 'UnsupportedResultException',
  status: 400,
  message: 'The result exceeds the size limit 1 MB.',
};

/** Bytes a client needs around the body of this request: its header lines. */
function post(headers: Record<string, string>, body: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(`${world.server.endpoint}/Execute`, { method: 'POST', headers }, (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode);
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

describe('the size of a result', () => {
  const uuids = (rows: number) =>
    world.execute('SELECT md5(v::text)::uuid AS id FROM generate_series(1, :rows) AS v', { rows: long(rows) });

  it('is counted as it is on the wire: 42 bytes for a row with a uuid', async () => {
    expect((await uuids(Math.floor(MEBIBYTE / 42))).records).toHaveLength(24_966);
    expect(await refusalOf(uuids(24_967))).toEqual(TOO_LARGE);
  });

  it('is counted in bytes, not characters', async () => {
    const sql = "SELECT repeat('é', 1000) FROM generate_series(1, :rows)";
    expect((await world.execute(sql, { rows: long(522) })).records).toHaveLength(522);
    expect(await refusalOf(world.execute(sql, { rows: long(523) }))).toEqual(TOO_LARGE);
  });

  it('is limited for JSON too', async () => {
    const sql = "SELECT repeat('x', 60000) AS x FROM generate_series(1, 18)";
    expect(await refusalOf(world.execute(sql, {}, { formatRecordsAs: 'JSON' }))).toEqual(TOO_LARGE);
  });

  it('can be read in pages of a cursor, in the transaction that met the limit', async () => {
    const transactionId = await world.begin();
    const run = async (sql: string) => (await world.execute(sql, {}, { transactionId })).records?.length;
    await run('CREATE TEMP TABLE wide AS SELECT repeat(v::text, 1000) AS x FROM generate_series(1, 400) AS v');
    expect(await refusalOf(run('SELECT x FROM wide'))).toEqual(TOO_LARGE);
    await run('DECLARE page SCROLL CURSOR FOR SELECT x FROM wide');
    expect(await run('FETCH FORWARD 300 FROM page')).toBe(300);
    expect(await run('MOVE RELATIVE -100 FROM page')).toBeUndefined();
    expect(await run('FETCH FORWARD 300 FROM page')).toBe(200);
    expect(await world.commit(transactionId)).toBe('Transaction Committed');
  });

  it('leaves the session usable after a refusal', async () => {
    await refusalOf(uuids(100_000));
    expect(await world.firstRow('SELECT 1')).toEqual([long(1)]);
  });
});

describe('the size of a row, where it is limited', () => {
  it('may be 64 KB and no more', async () => {
    const sql = "SELECT repeat('x', :n::int)";
    const overhead = 2 + 4;
    expect(await world.firstRow(sql, { n: long(65_536 - overhead) })).toHaveLength(1);
    expect(await refusalOf(world.execute(sql, { n: long(65_537 - overhead) }))).toEqual({
      name: 'BadRequestException',
      status: 400,
      message: 'Packet for query is too large',
    });
  });

  it('is not limited unless asked for', async () => {
    const unlimited = await openDataApi({ databaseUrl: world.postgres.url });
    try {
      expect(await unlimited.firstRow("SELECT repeat('x', 1000000)")).toHaveLength(1);
    } finally {
      await unlimited.close();
    }
  });
});

describe('the size of a request', () => {
  it('may be 4 MiB with its headers and no more', async () => {
    const headers = (length: number) => ({ host: 'localhost', connection: 'close', 'content-length': String(length) });
    const headerBytes = Object.entries(headers(4_000_000)).reduce(
      (sum, [name, value]) => sum + `${name}: ${value}\r\n`.length,
      0,
    );
    const largest = 4 * MEBIBYTE - headerBytes;
    const body = (bytes: number) => {
      const frame = JSON.stringify({ ...world.target, sql: 'SELECT 1', padding: '' });
      return Buffer.from(frame.replace('"padding":""', `"padding":"${'x'.repeat(bytes - frame.length)}"`));
    };
    expect(await post(headers(largest), body(largest))).toBe(200);
    expect(await post(headers(largest + 1), body(largest + 1))).toBe(400);
  });

  it('beyond it the SDK sees the refusal, not a broken connection', async () => {
    expect(await refusalOf(world.execute('SELECT :v', { v: string('x'.repeat(5 * MEBIBYTE)) }))).toMatchObject({
      name: 'ValidationException',
      status: 400,
    });
  });

  it('almost 4 MiB of JSON arrive whole', async () => {
    const v = string(JSON.stringify(Array.from({ length: 30_000 }, (_, n) => ({ n, pad: 'x'.repeat(80) }))));
    const sql = 'SELECT count(*), sum(n) FROM jsonb_to_recordset(:v::jsonb) AS r (n int)';
    expect(await world.firstRow(sql, { v })).toEqual([long(30_000), long(449_985_000)]);
  });
});

describe('the length of the SQL', () => {
  it('may be 65,536 characters and no more', async () => {
    const sql = (length: number) => `SELECT 1 /*${'x'.repeat(length - 13)}*/`;
    expect(await world.firstRow(sql(65_536))).toEqual([long(1)]);
    expect(await refusalOf(world.execute(sql(65_537)))).toMatchObject({ name: 'ValidationException', status: 400 });
  });
});

describe('what calls move', () => {
  /** Of one call, which has the texts in it once each. */
  const moved = async (sent: string, got: number): Promise<readonly CallBytes[]> => {
    answered.length = 0;
    const sql = "SELECT repeat('x', :got::integer) FROM (SELECT :sent::text) AS v";
    await world.execute(sql, { sent: string(sent), got: long(got) });
    return [...answered];
  };

  it('is told for each call that was answered, in bytes, not characters', async () => {
    const [small, large] = [await moved('e', 1), await moved('é'.repeat(501), 1_001)];
    expect(small).toHaveLength(1);
    // The same call, but for the length of the body in its headers and the digits of the number.
    const added = (large[0]?.requestBytes ?? 0) - (small[0]?.requestBytes ?? 0);
    expect(added).toBeGreaterThanOrEqual(1_001 + 3);
    expect(added).toBeLessThanOrEqual(1_001 + 8);
    expect((large[0]?.responseBytes ?? 0) - (small[0]?.responseBytes ?? 0)).toBe(1_000);
  });

  it('is not told for a refused one', async () => {
    answered.length = 0;
    await refusalOf(world.execute('SELECT 1 / 0'));
    expect(answered).toEqual([]);
  });
});
