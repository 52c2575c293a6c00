import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { RDSDataClient, ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import { describe, expect, it } from 'vitest';

const COMMAND = join(import.meta.dirname, '../../../bin/local-data-api.ts');

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = once(child, 'exit').then(([code]) => ({ code: code as number | null, errors }));
  return { child, lines: createInterface({ input: child.stdout }), ended };
}

type Ready = Record<'endpoint' | 'resourceArn' | 'secretArn' | 'database' | 'region', string>;

/** Starts the server and waits until it says where it is. */
async function startReady(...args: readonly string[]) {
  const { child, lines, ended } = start(...args);
  const printed: string[] = [];
  lines.on('line', (line) => printed.push(line));
  await once(lines, 'line');
  const ready = JSON.parse(printed[0]!) as Ready;
  const { endpoint, region, ...target } = ready;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new RDSDataClient({ endpoint, region, credentials, maxAttempts: 1 });
  const execute = async (sql: string) =>
    (await client.send(new ExecuteStatementCommand({ ...target, sql }))).records?.[0]?.[0];
  return { child, ended, printed, ready, execute };
}

/** Whether something takes connections on this port. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('npm run local:data-api', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('serves until %s, after one line of JSON', async (signal) => {
    const { child, ended, printed, ready, execute } = await startReady('--region', 'eu-west-1', '--port', '0');
    expect(Object.keys(ready)).toEqual(['endpoint', 'resourceArn', 'secretArn', 'database', 'region']);
    expect(ready.resourceArn).toContain(':eu-west-1:');
    expect(await execute('SELECT 1')).toEqual({ longValue: 1 });
    child.kill(signal);
    expect(await ended).toEqual({ code: 0, errors: '' });
    expect(printed).toHaveLength(1);
    await expect(execute('SELECT 1')).rejects.toThrow();
  });

  it('leaves no database behind when it is killed', async () => {
    const { child, ended, execute } = await startReady();
    const folder = join((await execute('SHOW data_directory'))?.stringValue ?? '', '..');
    const port = (await execute('SELECT inet_server_port()'))?.longValue ?? 0;
    expect([existsSync(folder), await answers(port)]).toEqual([true, true]);
    child.kill('SIGKILL');
    await ended;
    await expect.poll(() => answers(port), { timeout: 15_000 }).toBe(false);
    await expect.poll(() => existsSync(folder), { timeout: 15_000 }).toBe(false);
  });

  it.each([
    [['--port', 'x'], '`--port` must be an integer from 0 to 65535, got "x"'],
    [['--port', '70000'], '`--port` must be an integer from 0 to 65535, got "70000"'],
    [['--auto-pause', '5'], '`--auto-pause` must be idle:resume in milliseconds, such as 300000:15000, got "5"'],
    [['--error-style', 'loud'], '`--error-style` must be one of one-line, pgjdbc, got "loud"'],
    [['--unknown'], "unknown option '--unknown'; --help lists the options"],
    [['--database-url', 'mysql://x'], '`--database-url` must be a URL such as postgres://'],
    [
      ['--database-url', 'postgres://postgres@127.0.0.1:1/postgres'],
      "`--database-url` can't be reached: connect ECONNREFUSED 127.0.0.1:1",
    ],
  ])('refuses %j in one line', async (args, message) => {
    const { code, errors } = await start(...args).ended;
    expect(code).toBe(2);
    expect(errors.slice(0, message.length)).toBe(message);
    expect(errors.trim().split('\n')).toHaveLength(1);
  });

  it('refuses everything at once', async () => {
    const { code, errors } = await start('--latency-ms', '-1', '--port', 'x', '--null-type', 'y').ended;
    expect(code).toBe(2);
    expect(errors.trim().split('\n')).toHaveLength(3);
  });

  it('refuses a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, errors } = await start('--port', String(port)).ended;
    other.close();
    expect({ code, errors }).toEqual({
      code: 2,
      errors: `port ${port} is in use; choose another one, or 0 for a free one\n`,
    });
  });

  it('explains itself', async () => {
    const { lines, ended } = start('--help');
    const text: string[] = [];
    lines.on('line', (line) => text.push(line));
    expect((await ended).code).toBe(0);
    for (const option of ['--port', '--database-url', '--latency-ms', '--auto-pause', '--no-strict-quirks']) {
      expect(text.join('\n')).toContain(option);
    }
  });
});
