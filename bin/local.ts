import { runChaosOnce } from '../local/chaos/run-chaos-once.ts';
import { runLocalProgram } from '../local/run/local-program.ts';

await runLocalProgram(process.argv.slice(2), {
  runChaosOnce,
  // The CDK takes a second to load, and the usual run does without.
  runPage: async (...run) => (await import('../drills/page/run-page.ts')).runPage(...run),
  runIncident: async (...story) => (await import('../drills/incident/run-incident.ts')).runIncident(...story),
  openAlarms: async (...stack) => (await import('../drills/kept-world/kept-alarms.ts')).openKeptAlarms(...stack),
});
