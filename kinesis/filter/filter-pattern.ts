/**
 * Event patterns as EventBridge and its published matcher define them.
 * {@link https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html}
 * {@link https://github.com/aws/event-ruler}
 *
 * @module
 */
import type { Leaf, Leaves } from './filter-leaves.ts';
import { compileRule, PatternError, RESERVED_NAMES, type FieldRule } from './filter-operators.ts';

/** Rules per name, all of which must hold; names are as in {@link Leaves}. */
type Conjunction = ReadonlyMap<string, readonly FieldRule[]>;

/** A compiled pattern. */
export interface CompiledPattern {
  /** What AWS refuses in it, one sentence each. */
  readonly problems: readonly string[];
  /** Names of all fields that it asks for. */
  readonly names: ReadonlySet<string>;
  /** Whether an event with these leaves matches; only without problems. */
  readonly matches: (leaves: Leaves) => boolean;
}

/** Where in the pattern an object stands. */
interface Place {
  /** Name of the object; empty at the top. */
  readonly name: string;
  readonly isInsideOr: boolean;
  readonly problems: string[];
}

/** Bounds the work per record; other emulators give it as AWS's limit. */
const MAX_COMBINATIONS = 1_000;

/**
 * Compiles a pattern: an object names the fields that must all match, a list holds the alternatives for one field, and
 * `$or` holds alternatives over several fields. The pattern becomes a list of conjunctions, of which one must hold.
 *
 * @param pattern the pattern, as JSON.parse gives it
 */
export function compilePattern(pattern: Readonly<Record<string, unknown>>): CompiledPattern {
  const problems: string[] = [];
  const conjunctions = addObject([new Map()], pattern, { name: '', isInsideOr: false, problems });
  return {
    problems,
    names: new Set(conjunctions.flatMap((conjunction) => [...conjunction.keys()])),
    matches: (leaves) => conjunctions.some((conjunction) => new Search(conjunction, leaves).succeeds()),
  };
}

/** Adds the fields of an object to every conjunction; a name that is there already gets the later rules. */
function addObject(
  conjunctions: readonly Conjunction[],
  object: Readonly<Record<string, unknown>>,
  place: Place,
): readonly Conjunction[] {
  const fields = Object.entries(object);
  if (fields.length === 0) place.problems.push(`expected at least one field at ${place.name || 'the top'}, got {}`);
  return fields.reduce(
    (extended, [key, part]) =>
      key === '$or' && isAlternatives(part) ? addOr(extended, part, place) : addField(extended, [key, part], place),
    conjunctions,
  );
}

function addField(
  conjunctions: readonly Conjunction[],
  [key, part]: readonly [string, unknown],
  place: Place,
): readonly Conjunction[] {
  const name = place.name === '' ? key : `${place.name}.${key}`;
  if (place.isInsideOr && RESERVED_NAMES.has(key)) {
    place.problems.push(`expected a field at ${name}, got the name of an operator, which is reserved within $or`);
  }
  if (Array.isArray(part)) {
    const rules = compileRules(part, key === '$or' ? `${name} ($or takes two or more patterns)` : name, place.problems);
    return conjunctions.map((conjunction) => new Map([...conjunction, [name, rules]]));
  }
  if (isPlainObject(part)) return addObject(conjunctions, part, { ...place, name });
  place.problems.push(`expected a list or an object at ${name}, got ${JSON.stringify(part)}`);
  return conjunctions;
}

function addOr(
  conjunctions: readonly Conjunction[],
  alternatives: readonly Readonly<Record<string, unknown>>[],
  place: Place,
): readonly Conjunction[] {
  const inside = { ...place, isInsideOr: true };
  const combined = alternatives.flatMap((alternative) => addObject(conjunctions, alternative, inside));
  if (combined.length <= MAX_COMBINATIONS) return combined;
  place.problems.push(`expected up to ${MAX_COMBINATIONS} combinations of the alternatives in $or`);
  return conjunctions;
}

function compileRules(rules: readonly unknown[], name: string, problems: string[]): readonly FieldRule[] {
  if (rules.length === 0) problems.push(`expected at least one value in the list at ${name}, got []`);
  return rules.flatMap((rule) => {
    try {
      return [compileRule(rule)];
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      problems.push(`at ${name}: ${error.message}`);
      return [];
    }
  });
}

/** Anything else under `$or` is a field of that name: AWS keeps older patterns alive that way. */
function isAlternatives(part: unknown): part is readonly Readonly<Record<string, unknown>>[] {
  return (
    Array.isArray(part) &&
    part.length > 1 &&
    part.every(isPlainObject) &&
    !part.flatMap((alternative) => Object.keys(alternative)).some((key) => RESERVED_NAMES.has(key))
  );
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The element chosen per list. */
type Choice = ReadonlyMap<number, number>;

/** The part of a conjunction for one name, on one event. */
interface Condition {
  readonly leaves: readonly Leaf[];
  /** Those of the leaves that match. */
  readonly matching: readonly Leaf[];
  /** Whether the field may be absent. */
  readonly mayBeAbsent: boolean;
}

/**
 * Looks for values that fulfil a conjunction together. Values in different elements of a list don't: two conditions on
 * fields of listed objects have to hold in one object. A field is absent when it has no value beside those chosen so
 * far, which depends on the order of the names; the order is that of AWS's matcher.
 */
class Search {
  readonly #conditions: readonly Condition[];
  /** Lists that the condition of an index or one behind it has values in; made once something fails. */
  #lists: readonly ReadonlySet<number>[] | undefined;
  /** Combinations of index and choice that led to nothing: they must not be tried once per value of unrelated lists. */
  readonly #failed = new Set<string>();

  constructor(conjunction: Conjunction, leaves: Leaves) {
    const names = [...conjunction.keys()].toSorted(byCodeUnits);
    this.#conditions = names.map((name) => conditionOf(conjunction.get(name) ?? [], leaves.get(name) ?? []));
  }

  succeeds(): boolean {
    const isHopeless = this.#conditions.some(({ matching, mayBeAbsent }) => matching.length === 0 && !mayBeAbsent);
    return !isHopeless && this.#succeedsFrom(0, new Map());
  }

  #succeedsFrom(index: number, choice: Choice): boolean {
    const condition = this.#conditions[index];
    if (condition === undefined) return true;
    const key = this.#keyOf(index, choice);
    if (this.#failed.has(key)) return false;
    const { leaves, matching, mayBeAbsent } = condition;
    const succeeds =
      matching.some((leaf) => isBeside(leaf, choice) && this.#succeedsFrom(index + 1, choose(leaf, choice))) ||
      (mayBeAbsent && !leaves.some((leaf) => isBeside(leaf, choice)) && this.#succeedsFrom(index + 1, choice));
    if (!succeeds) this.#failed.add(key);
    return succeeds;
  }

  #keyOf(index: number, choice: Choice): string {
    this.#lists ??= this.#conditions.map((_, begin) => listsOf(this.#conditions.slice(begin)));
    const relevant = [...choice].filter(([list]) => this.#lists?.[index]?.has(list));
    return [index, ...relevant.toSorted(([left], [right]) => left - right)].join();
  }
}

function conditionOf(rules: readonly FieldRule[], leaves: readonly Leaf[]): Condition {
  const tests = rules.filter((rule) => rule !== 'absent');
  return {
    leaves,
    matching: leaves.filter(({ text }) => tests.some((matches) => matches(text))),
    mayBeAbsent: rules.includes('absent'),
  };
}

function listsOf(conditions: readonly Condition[]): ReadonlySet<number> {
  return new Set(conditions.flatMap(({ leaves }) => leaves.flatMap(({ places }) => places.map(({ list }) => list))));
}

/** Whether a leaf is in none of the elements that were not chosen. */
function isBeside({ places }: Leaf, choice: Choice): boolean {
  return places.every(({ list, index }) => (choice.get(list) ?? index) === index);
}

function choose({ places }: Leaf, choice: Choice): Choice {
  return places.length === 0
    ? choice
    : new Map([...choice, ...places.map(({ list, index }) => [list, index] as const)]);
}

/** Order of AWS's matcher, which sorts the names of fields so. */
function byCodeUnits(left: string, right: string): number {
  return left < right ? -1 : 1;
}
