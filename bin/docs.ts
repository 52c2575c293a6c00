import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { loadTemplates } from '../drills/command/load-templates.ts';
import { drillTemplate } from '../drills/drill-template.ts';
import { DOCUMENTED_STAGES, drillsDocument, type DocumentedDrill } from '../drills/report/markdown.ts';
import { documentOptions, documentSettings, SETTING_SOURCES } from '../lib/settings/document-settings.ts';

const ROOT = join(import.meta.dirname, '..');
const CONFIGURATION = join(ROOT, 'docs/configuration.md');
const ALARM_DRILLS = join(ROOT, 'docs/alarm-drills.md');

const sources = await Promise.all(
  SETTING_SOURCES.map(async ({ title, file }) => {
    const source = documentOptions(await readFile(join(ROOT, file), 'utf8'));
    await writeFile(join(ROOT, file), source);
    return { title, source };
  }),
);
await write(CONFIGURATION, documentSettings(await readFile(CONFIGURATION, 'utf8'), sources));

const drills: DocumentedDrill[] = [];
for (const { title, stage, context } of DOCUMENTED_STAGES) {
  for (const { source, json } of await loadTemplates({ stage, context, template: undefined }))
    drills.push({ title, result: await drillTemplate(source, json) });
}
await write(ALARM_DRILLS, drillsDocument(drills));

async function write(path: string, markdown: string): Promise<void> {
  await writeFile(path, await format(markdown, { ...(await resolveConfig(path)), filepath: path }));
}
