import { randomUUID } from 'node:crypto';
import { describeValue } from '../../processor/user-values.ts';

/** Where the partition key of an event comes from. */
export interface PartitionKeyRule {
  /**
   * Name of a member, or a path such as `repository.full_name`; with commas the first that an event has. A member whose
   * name has dots or commas is found before a path or a list.
   */
  readonly members: string | undefined;
  /** Whether an event without the key gets one that no other has. */
  readonly random: boolean;
}

/** Longest partition key that Kinesis takes, in characters. */
const MAX_CHARACTERS = 256;

/**
 * Finds the partition key of an event.
 *
 * @param event as it was parsed
 * @returns the key, or what is wrong with it
 */
export function partitionKeyOf(
  event: unknown,
  { members, random }: PartitionKeyRule,
): { readonly key: string } | { readonly problem: string } {
  const values = members === undefined ? [] : valuesOf(event, members);
  const usable = values.find(isUsable);
  if (usable !== undefined) return { key: String(usable) };
  if (random) return { key: randomUUID() };
  const value = values.find((it) => it !== undefined);
  const got = value === undefined ? 'nothing' : describeValue(value);
  return { problem: `\`${members}\` must be text of 1 to ${MAX_CHARACTERS} characters or a number, got ${got}` };
}

function isUsable(value: unknown): value is string | number | bigint {
  return (
    ['string', 'number', 'bigint'].includes(typeof value) && value !== '' && String(value).length <= MAX_CHARACTERS
  );
}

function valuesOf(event: unknown, members: string): readonly unknown[] {
  return [members, ...members.split(',')].map((path) => memberAt(event, path.trim()));
}

function memberAt(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const members = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(value, path)) return members[path];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot);
    const found = Object.hasOwn(value, name) ? memberAt(members[name], path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
