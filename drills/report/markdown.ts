import type { DeploymentResult, TemplateResult } from '../drill-template.ts';
import { describeFault, describePage } from './describe-result.ts';
import { matrixLines } from './matrix.ts';

/** What came of the drills of one template, as Markdown: a table of the pages, and the matrix. */
export function drillMarkdown({ source, deployments }: TemplateResult): string {
  return deployments.map((deployment) => deploymentMarkdown(source, deployment)).join('\n');
}

function deploymentMarkdown(source: string, deployment: DeploymentResult): string {
  const { name, notes, faults, scenarios } = deployment;
  const wrong = [
    ...faults,
    ...scenarios.flatMap((scenario) => scenario.faults.map((fault) => `${scenario.name}: ${describeFault(fault)}`)),
  ];
  return [
    `## ${source === name ? source : `${source}: ${name}`}`,
    '',
    ...notes.map((note) => `- ${note}`),
    ...wrong.map((sentence) => `- **Wrong:** ${sentence}`),
    ...(notes.length + wrong.length > 0 ? [''] : []),
    '| scenario | what happens | pages |',
    '| --- | --- | --- |',
    ...scenarios.map((scenario) => `| ${scenario.name} | ${scenario.title} | ${pagesOf(scenario)} |`),
    '',
    '```text',
    ...matrixLines(deployment),
    '```',
    '',
  ].join('\n');
}

function pagesOf({ notPlayed, pages }: DeploymentResult['scenarios'][number]): string {
  if (notPlayed !== undefined) return `not played: ${notPlayed}`;
  return pages.length === 0 ? 'none' : pages.map(describePage).join('; ');
}
