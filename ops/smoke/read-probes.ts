import { readFile } from 'node:fs/promises';
import { UsageError } from '../../command-line/usage-error.ts';
import type { ProbeEvent } from './question.ts';

/** More than that is no probe. */
const MAX_PROBES = 20;

/**
 * Reads the events that a smoke test sends: a JSON document a line.
 *
 * @param path undefined for none
 * @param member of an event that is its partition key; undefined for one key for all
 * @throws {@link UsageError} naming each line that is none
 */
export async function readProbes(path: string | undefined, member: string | undefined): Promise<readonly ProbeEvent[]> {
  if (path === undefined) return [];
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError([
      `\`--events\` must be a file that can be read: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  });
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const probes = lines.map((line) => toProbe(line, member));
  const problems = probes.flatMap((probe, index) =>
    typeof probe === 'string' ? [`\`--events\` line ${index + 1}: ${probe}`] : [],
  );
  if (lines.length === 0 || lines.length > MAX_PROBES) {
    problems.push(`\`--events\` must have 1 to ${MAX_PROBES} lines, got ${lines.length}`);
  }
  if (problems.length > 0) throw new UsageError(problems);
  return probes.filter((probe) => typeof probe !== 'string');
}

function toProbe(line: string, member: string | undefined): ProbeEvent | string {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return 'expected a JSON document, got other text';
  }
  if (member === undefined) return { partitionKey: 'smoke', data: Buffer.from(line) };
  const key = (event as Readonly<Record<string, unknown>> | null)?.[member];
  return typeof key === 'string' || typeof key === 'number'
    ? { partitionKey: String(key), data: Buffer.from(line) }
    : `expected a text or number in \`${member}\`, the partition key`;
}
