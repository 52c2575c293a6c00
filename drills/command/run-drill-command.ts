import { writeFile } from 'node:fs/promises';
import type { ScenarioResult } from '../drill-deployment.ts';
import { drillTemplate, hasPassed, type TemplateResult } from '../drill-template.ts';
import { describeScenario, resultJson } from '../report/describe-result.ts';
import { drillMarkdown } from '../report/markdown.ts';
import { matrixLines } from '../report/matrix.ts';
import type { DrillOptions } from './drill-options.ts';
import { loadTemplates } from './load-templates.ts';

/**
 * Drills what the options say, and tells how it goes.
 *
 * @param say takes one line
 * @returns whether every alarm did what it must
 * @throws ProblemsError of one kind or another for a mistake of the user
 */
export async function runDrillCommand(options: DrillOptions, say: (line: string) => void): Promise<boolean> {
  const results: TemplateResult[] = [];
  const sayScenario = (scenario: ScenarioResult): void => {
    for (const line of describeScenario(scenario)) say(line);
  };
  for (const { source, json } of await loadTemplates(options)) {
    const result = await drillTemplate(source, json, {
      scenarios: options.scenario,
      onDeployment: ({ name, notes, faults }) => {
        say(`${source === name ? name : `${name} of ${source}`}:`);
        for (const note of notes) say(`note: ${note}`);
        for (const fault of faults) say(`WRONG: ${fault}`);
      },
      onScenario: sayScenario,
    });
    sayEnd(result, say);
    results.push(result);
  }
  if (options.live === true) {
    say('');
    say('live:');
    // Starts a database and an emulator, which most drills need not wait for.
    const result = await (await import('../live/drill-live.ts')).drillLive(sayScenario);
    sayEnd(result, say);
    results.push(result);
  }
  const { report, markdown } = options;
  if (report !== undefined) await writeFile(report, `${JSON.stringify(resultJson(results), null, 2)}\n`);
  if (markdown !== undefined) await writeFile(markdown, results.map(drillMarkdown).join('\n'));
  return results.every(hasPassed);
}

function sayEnd(result: TemplateResult, say: (line: string) => void): void {
  for (const deployment of result.deployments) {
    say('');
    for (const line of matrixLines(deployment)) say(line);
    for (const fault of deployment.faults) say(`WRONG: ${fault}`);
  }
  if (result.otherAlarms.length > 0)
    say(`not checked, because they are not this project's alarms: ${result.otherAlarms.join(', ')}`);
  const wrong = result.deployments.flatMap(({ faults, scenarios }) => [
    ...faults,
    ...scenarios.flatMap((one) => one.faults),
  ]).length;
  say('');
  say(
    wrong === 0
      ? 'all alarms behave as required'
      : `${String(wrong)} ${wrong === 1 ? 'result is' : 'results are'} wrong, see above`,
  );
}
