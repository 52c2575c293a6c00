import { runOpsProgram } from '../ops/ops-program.ts';

await runOpsProgram(process.argv.slice(2));
