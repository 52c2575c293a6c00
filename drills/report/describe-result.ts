import { PLAUSIBLE_BEHAVIORS } from '../play/behaviors.ts';
import type { Fault, Page, ScenarioResult } from '../drill-deployment.ts';
import { hasPassed, type TemplateResult } from '../drill-template.ts';

/** A page in words, such as `NotKeepingUp in minute 5 to 7, over in minute 30`. */
export function describePage({ id, minutes, over }: Page): string {
  const ends = over === undefined ? '' : `, over in minute ${range(over)}`;
  return `${id.replace(/^Incident/, '')} in minute ${range(minutes)}${ends}`;
}

function range([earliest, latest]: readonly [number, number]): string {
  return earliest === latest ? String(earliest) : `${String(earliest)} to ${String(latest)}`;
}

/** What is wrong, and with which ways of evaluating alarms. */
export function describeFault({ sentence, behaviors }: Fault): string {
  if (behaviors.length === PLAUSIBLE_BEHAVIORS.length) return sentence;
  return `${sentence} (when AWS has ${behaviors.map((name) => `"${name}"`).join(' or ')})`;
}

/** Lines about one scenario, for a terminal. */
export function describeScenario({ name, notPlayed, pages, faults }: ScenarioResult): readonly string[] {
  if (notPlayed !== undefined) return [`${name}: not played, ${notPlayed}`];
  const told = pages.length === 0 ? 'no page' : pages.map(describePage).join('; ');
  return [
    `${name}: ${told}${faults.length === 0 ? '' : '  WRONG'}`,
    ...faults.map((fault) => `  ${describeFault(fault)}`),
  ];
}

/** A result as JSON has it. */
export function resultJson(results: readonly TemplateResult[]): unknown {
  return {
    passed: results.every(hasPassed),
    templates: results.map(({ source, deployments, otherAlarms }) => ({
      source,
      otherAlarms,
      deployments: deployments.map((deployment) => ({
        ...deployment,
        scenarios: deployment.scenarios.map((scenario) => ({
          ...scenario,
          outcomes: Object.fromEntries(scenario.outcomes),
        })),
      })),
    })),
  };
}
