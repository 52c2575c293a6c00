import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const CORE = join(import.meta.dirname, '../../../processor');
const SCRIPT = `
const { createRowEncoder } = await import('${CORE}/project/encode-rows.ts');
const { EscapedRows } = await import('${CORE}/project/escaped-rows.ts');
const { ReusableBytes } = await import('${CORE}/../data-api/reusable-bytes.ts');
const encoder = createRowEncoder('t', { kind: 'insert', columns: { id: 'integer' }, key: [] });
const rows = new EscapedRows(new ReusableBytes());
console.log(encoder.encode({ id: 5 }, 0, rows), Buffer.from(rows.slice(0, rows.length)).toString());`;

it('rows are written also where no code may be made of text', async () => {
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', SCRIPT];
  const { stdout } = await promisify(execFile)(process.execPath, flags);
  expect(stdout).toBe('undefined [0,5],\n');
});
