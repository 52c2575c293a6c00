import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../../..');
const SOURCE = join(ROOT, 'lib/props/event-processor-props.ts');

/** What the TSDoc of one prop says. */
export interface PropDoc {
  readonly name: string;
  readonly effect: string;
  readonly range: string;
  readonly fallback: string;
}

/** Reads the TSDoc of every prop from the source. */
export function readPropDocs(): readonly PropDoc[] {
  const source = readFileSync(SOURCE, 'utf8');
  return [...source.matchAll(/^ {2}\/\*\*\n((?: {3}\*.*\n)+?) {3}\*\/\n {2}readonly (\w+)\??:/gm)].map(
    ([, comment = '', name = '']) => {
      const text = comment.replaceAll(/^ {3}\* ?/gm, '').trim();
      const [effect = ''] = text.split('\n\nRange: ');
      const range = /\n\nRange: ([\s\S]*?)\.(?:\n|$)/.exec(text)?.[1] ?? '';
      const fallback = /@default ([\s\S]*)$/.exec(text)?.[1] ?? 'required';
      return { name, effect: oneLine(effect), range: oneLine(range), fallback: oneLine(fallback) };
    },
  );
}

/** The rows of the table in the documentation: name, default, range, effect. */
export function documentedRows(): readonly string[] {
  return readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.replaceAll(/ +/g, ' ').trim());
}

export function rowOf({ name, fallback, range, effect }: PropDoc): string {
  return `| \`${name}\` | ${fallback} | ${range} | ${effect} |`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
