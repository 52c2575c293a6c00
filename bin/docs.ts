import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { documentOptions, documentSettings, SETTING_SOURCES } from '../lib/settings/document-settings.ts';

const ROOT = join(import.meta.dirname, '..');
const DOCUMENT = join(ROOT, 'docs/configuration.md');

const sources = await Promise.all(
  SETTING_SOURCES.map(async ({ title, file }) => {
    const source = documentOptions(await readFile(join(ROOT, file), 'utf8'));
    await writeFile(join(ROOT, file), source);
    return { title, source };
  }),
);
const document = documentSettings(await readFile(DOCUMENT, 'utf8'), sources);
await writeFile(DOCUMENT, await format(document, { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT }));
