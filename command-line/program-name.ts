import { extname } from 'node:path';

/** Whether this runs as the compiled code of the package; the repository runs TypeScript, and has npm scripts. */
export const IS_PACKED = extname(import.meta.filename) === '.js';

const NPM_SCRIPTS = {
  start: 'npm start --',
  ops: 'npm run ops --',
  plan: 'npm run plan --',
  'data-api': 'npm run local:data-api --',
} as const;

/** One of the programs for people. */
export type ProgramName = keyof typeof NPM_SCRIPTS;

/** How a person starts a program here, for help and advice. */
export function commandOf(program: ProgramName): string {
  return IS_PACKED ? `npx kinesis-to-aurora ${program}` : NPM_SCRIPTS[program];
}
