import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { UsageError } from '../../command-line/usage-error.ts';
import { EventProcessorStack, type EventProcessorStackProps } from '../../lib/event-processor-stack.ts';
import { bundleStackCode, type StackCode } from '../../lib/function-code.ts';
import { PropsError } from '../../lib/props/props-error.ts';
import { checkSettings } from '../../lib/settings/check-settings.ts';
import { readSettings } from '../../lib/settings/read-settings.ts';
import type { StageSettings } from '../../lib/settings/stage-settings.ts';
import type { DrillOptions } from './drill-options.ts';

/** A template and where it came from. */
export interface LoadedTemplate {
  /** For people. */
  readonly source: string;
  readonly json: unknown;
  /** The code that it deploys; undefined for one from a file. */
  readonly code: StackCode | undefined;
}

const CDK_JSON = join(import.meta.dirname, '../../cdk.json');

/**
 * The templates that a drill is about: a file, or every stack of a stage.
 *
 * @throws `UsageError` when the file is not there or not JSON, and `PropsError` when the settings are not usable
 */
export async function loadTemplates({
  stage,
  context,
  template,
}: Pick<DrillOptions, 'stage' | 'context' | 'template'>): Promise<readonly LoadedTemplate[]> {
  return template === undefined
    ? synthesizeStage({ ...context, ...(stage !== undefined && { stage }) })
    : [{ source: template, json: await readJson(template), code: undefined }];
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError([
      `\`--template\` must be a file that can be read, got ${JSON.stringify(path)}: ${reasonOf(error)}`,
    ]);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError([
      `\`--template\` must be a template in JSON, got ${JSON.stringify(path)}: ${reasonOf(error)}`,
    ]);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The settings with which a stage deploys a function: its own, or else those of the first one that the stage has.
 *
 * @param listed at least one
 */
export function settingsFor(functionName: string, listed: readonly StageSettings[]): StageSettings {
  return listed.find((it) => it.functionName === functionName) ?? { ...listed[0], functionName };
}

async function synthesizeStage(context: Readonly<Record<string, string>>): Promise<readonly LoadedTemplate[]> {
  const { functionName, ...settingsContext } = context;
  const { stage, processors: listed } = readSettings(settingsContext);
  const processors = functionName === undefined ? listed : [settingsFor(functionName, listed)];
  const problems = processors.flatMap((settings) =>
    checkSettings(settings).map((problem) => `${settings.functionName}: ${problem}`),
  );
  if (problems.length > 0) throw new PropsError(problems);
  const stacks: SynthesizedStack[] = [];
  for (const settings of processors) {
    const code = await bundleStackCode(settings.functionName);
    stacks.push({ name: `${settings.functionName}-${stage}`, props: { ...settings, code } });
  }
  const templates = synthesizeStacks(stacks, context);
  return stacks.map(({ name, props: { code } }, index) => ({ source: name, json: templates[index], code }));
}

/** A stack to synthesize. */
export interface SynthesizedStack {
  readonly name: string;
  readonly props: EventProcessorStackProps;
}

/**
 * Synthesizes stacks in one app.
 *
 * @param context what `-c` would say
 * @returns their templates, in the same order
 */
export function synthesizeStacks(
  stacks: readonly SynthesizedStack[],
  context: Readonly<Record<string, string>>,
): readonly unknown[] {
  const outdir = mkdtempSync(join(tmpdir(), 'drill-'));
  try {
    const { context: defaults } = JSON.parse(readFileSync(CDK_JSON, 'utf8')) as {
      readonly context: Readonly<Record<string, unknown>>;
    };
    const app = new App({ outdir, context: { ...defaults, ...context }, autoSynth: false });
    const names = stacks.map(({ name, props }) => new EventProcessorStack(app, name, props).stackName);
    const assembly = app.synth();
    return names.map((name) => assembly.getStackByName(name).template as unknown);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
