import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A command that a page shows. */
export interface DocumentedCommand {
  /** Path of the page. */
  readonly page: string;
  /** The words of the command, as a shell hands them over. */
  readonly words: readonly string[];
}

/** A block of code of a page. */
export interface CodeBlock {
  readonly page: string;
  /** What stands behind the fence. */
  readonly language: string;
  readonly code: string;
}

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** All blocks of code of the pages, in their order. */
export function codeBlocks(): readonly CodeBlock[] {
  return PAGES.flatMap((page) =>
    [...textOf(page).matchAll(/^( *)```([^\n]*)\n([\s\S]*?)^ *```$/gm)].map(
      ([, indent = '', language = '', code = '']) => ({
        page,
        language,
        code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      }),
    ),
  );
}

/**
 * All commands of some programs that the pages show, in blocks and within sentences.
 *
 * @param programs first words, such as `npm`
 */
export function documentedCommands(programs: readonly string[]): readonly DocumentedCommand[] {
  const blocks = codeBlocks()
    .filter(({ language }) => ['', 'sh'].includes(language))
    .flatMap(({ page, code }) =>
      code
        .replaceAll(/\\\n\s*/g, ' ')
        .split('\n')
        .map((line) => ({ page, line })),
    );
  const spans = PAGES.flatMap((page) =>
    [
      ...textOf(page)
        .replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
        .matchAll(/`([^`]+)`/g),
    ].map(([, code = '']) => ({
      page,
      line: code.replaceAll(/\s+/g, ' '),
    })),
  );
  return [...blocks, ...spans].flatMap(({ page, line }) =>
    simpleCommands(line).flatMap((command) => {
      const words = wordsOf(command);
      return programs.includes(words[0] ?? '') ? [{ page, words }] : [];
    }),
  );
}

function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** Cuts a line at what joins commands, outside quotes, and leaves comments out. */
function simpleCommands(line: string): readonly string[] {
  const [code = ''] = line.split(/\s#\s|^#/);
  return code
    .split(/&&|\|\||[|;]|\$\(|<\(|(?<=^\s*)(?:until|while|do|then)\s/)
    .map((part) => part.trim().replace(/^(?:do|until|while) /, ''));
}

function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/['"]/g, ''));
}
