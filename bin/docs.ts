import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { documentProps, documentSettings } from '../lib/props/document-props.ts';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'lib/props/event-processor-props.ts');
const DOCUMENT = join(ROOT, 'docs/configuration.md');

const source = documentProps(await readFile(SOURCE, 'utf8'));
await writeFile(SOURCE, source);
const document = documentSettings(await readFile(DOCUMENT, 'utf8'), source);
await writeFile(DOCUMENT, await format(document, { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT }));
