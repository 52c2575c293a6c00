/**
 * Prints the template of a function's stack: `node synthesize-process.ts FUNCTION STACK`. In a process of its own, since
 * the CDK keeps a processor busy for seconds.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../lib/settings/read-settings.ts';
import { DEFAULT_STAGE } from '../../lib/settings/stages.ts';
import { synthesizeStacks } from '../command/load-templates.ts';
import { ON_CALL } from '../live/live-stack.ts';
import { standInCode } from './stand-in-code.ts';

const [functionName = '', stackName = ''] = process.argv.slice(2);

const root = mkdtempSync(join(tmpdir(), 'kept-world-'));
try {
  const [template] = synthesizeStacks(
    [{ name: stackName, props: { ...stageSettings(), code: standInCode(root, functionName) } }],
    {},
  );
  process.stdout.write(JSON.stringify(template));
} finally {
  rmSync(root, { recursive: true, force: true });
}

/** Those of the default stage: what it says of this function, or of any. */
function stageSettings() {
  const { processors } = readSettings({ stage: DEFAULT_STAGE });
  const own = processors.find((settings) => settings.functionName === functionName) ?? processors[0];
  return { pageEmails: [ON_CALL], ...own, functionName };
}
