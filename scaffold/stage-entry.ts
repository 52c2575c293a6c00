/** Where the stages of this repository are. */
export const STAGES_FILE = 'lib/settings/stages.ts';

/** Stage for trying things out, which a new function becomes a part of. */
export const DEV_STAGE = 'dev';

/** The list of the stage for trying things out: its entries, and the bracket that ends it. */
const DEV_LIST = /(?<=^ {2}dev: \[)[\s\S]*?(?=\],?$)/m;

/**
 * Adds a function to the stage for trying things out.
 *
 * @param source text of {@link STAGES_FILE}
 * @returns the text with one entry more, not yet formatted; undefined where it has no such list, or no settings to share
 */
export function addToDevStage(source: string, functionName: string): string | undefined {
  if (!source.includes('const DEV = {') || !DEV_LIST.test(source)) return undefined;
  return source.replace(DEV_LIST, (entries) => {
    const others = entries.trimEnd().replace(/,$/, '');
    return [...(others.trim() === '' ? [] : [others]), devEntry(functionName)].join(', ');
  });
}

/** The entry as a person would write it. */
export function devEntry(functionName: string): string {
  return `{ ...DEV, functionName: '${functionName}' }`;
}
