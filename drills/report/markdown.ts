import type { DeploymentResult, TemplateResult } from '../drill-template.ts';
import { describeFault, describePage } from './describe-result.ts';
import { matrixLines } from './matrix.ts';

/** What came of the drills of one template, as Markdown: notes, a table of the pages, and the matrix. */
export function drillMarkdown({ source, deployments }: TemplateResult): string {
  return deployments
    .map((deployment) =>
      deploymentMarkdown(source === deployment.name ? source : `${source}: ${deployment.name}`, deployment),
    )
    .join('\n');
}

function deploymentMarkdown(title: string, deployment: DeploymentResult): string {
  const { notes, faults, scenarios } = deployment;
  const wrong = [
    ...faults,
    ...scenarios.flatMap((scenario) => scenario.faults.map((fault) => `${scenario.name}: ${describeFault(fault)}`)),
  ];
  return [
    `## ${title}`,
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

/** Stages of lib/settings/stages.ts, and what is put in the place of their settings: without a pager prod is refused. */
export const DOCUMENTED_STAGES = [
  { title: 'dev, which by itself pages nobody', stage: 'dev', context: {} },
  { title: 'prod, with an address to page', stage: 'prod', context: { pageEmails: 'oncall@example.com' } },
] as const;

/** A template for the document, with the heading of its section. */
export interface DocumentedDrill {
  readonly title: string;
  readonly result: TemplateResult;
}

const INTRODUCTION = `# Alarm drills

For each kind of trouble, who is paged and in which minute. \`npm run docs\` generates this page from the current templates of the stages,
and a test checks it.

Minutes count from the start of the trouble: "in minute 5" is between five and six minutes after it. Two numbers are the earliest and
the latest minute, because AWS does not say how late its metrics are and when it evaluates an alarm. "Over" is
when the page resolves. A negative minute means that the alarm was already on when the scenario began.

Drill your own template with \`npm run drill -- --template FILE\`, or a stage with \`npm run drill -- --stage NAME\`. What to do about
each page is in [operations.md](operations.md); how a drill works is in [decision 050](decisions/050-an-alarm-only-counts-once-a-drill-has-seen-it-fire.md).
`;

/** The document docs/alarm-drills.md, before it is formatted. */
export function drillsDocument(drills: readonly DocumentedDrill[]): string {
  const sections = drills.flatMap(({ title, result }) =>
    result.deployments.map((deployment) => deploymentMarkdown(title, deployment)),
  );
  return [INTRODUCTION, ...sections].join('\n');
}
