import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionCode, StackCode } from '../../lib/function-code.ts';

/**
 * Code for a template that is read and never deployed: nothing in a template depends on what the functions do, and bundling
 * them takes longer than the rest of a synthesis.
 *
 * @param root folder that the code is written to
 */
export function standInCode(root: string, functionName = 'orders'): StackCode {
  const code = (name: string): FunctionCode => {
    const folder = join(root, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'index.mjs'), `export const handler = () => '${name}';`);
    return { folder, buildVersion: `build-of-${name}` };
  };
  return {
    functionName,
    processor: code('processor'),
    migrate: code('migrate'),
    watchdog: code('watchdog'),
    prune: code('prune'),
    migrationsVersion: 'migrations-1',
    migrationWarnings: [],
  };
}
