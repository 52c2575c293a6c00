/** What the values of one member were in a sample. */
export interface Shape {
  /** Values seen, `null` included. */
  readonly seen: number;
  readonly nulls: number;
  readonly strings: readonly string[];
  /** Integers beyond 2^53 are bigints. */
  readonly numbers: readonly (number | bigint)[];
  readonly booleans: number;
  readonly lists: number;
  /** All elements of all lists. */
  readonly elements: readonly unknown[];
  readonly objects: number;
  /** Members of the objects, in the order in which they were first seen; nothing below the depth that was asked for. */
  readonly members: ReadonlyMap<string, Shape>;
}

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object, and no list and no `null`. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Looks at values of one kind of member.
 *
 * @param values as they were parsed
 * @param depth levels of members to look at
 */
export function observe(values: readonly unknown[], depth: number): Shape {
  const objects = values.filter(isObject);
  const lists = values.filter((value): value is readonly unknown[] => Array.isArray(value));
  return {
    seen: values.length,
    nulls: values.filter((value) => value === null).length,
    strings: values.filter((value) => typeof value === 'string'),
    numbers: values.filter((value) => typeof value === 'number' || typeof value === 'bigint'),
    booleans: values.filter((value) => typeof value === 'boolean').length,
    lists: lists.length,
    elements: lists.flat(),
    objects: objects.length,
    members: depth > 0 ? membersOf(objects, depth) : new Map(),
  };
}

function membersOf(objects: readonly JsonObject[], depth: number): ReadonlyMap<string, Shape> {
  const values = new Map<string, unknown[]>();
  for (const object of objects) {
    for (const [name, value] of Object.entries(object)) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
  }
  return new Map([...values].map(([name, all]) => [name, observe(all, depth - 1)]));
}
