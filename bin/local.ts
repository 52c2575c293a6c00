import { runChaosOnce } from '../local/chaos/run-chaos-once.ts';
import { runLocalProgram } from '../local/run/local-program.ts';

await runLocalProgram(process.argv.slice(2), runChaosOnce);
