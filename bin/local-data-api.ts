import { runDataApiProgram } from '../local/data-api/data-api-program.ts';

await runDataApiProgram(process.argv.slice(2));
