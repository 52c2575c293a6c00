import type { StandardSchemaV1 } from '@standard-schema/spec';
import { adviseDocument } from './describe-bytes.ts';

/** Longest line, and longest text without hints: a quarantine entry keeps 2,000 characters. */
const MAX_CHARACTERS = { line: 400, text: 1_500 };
/** Branches of a union that are told of; those that the event fits best come first. */
const MAX_BRANCHES = 4;

/**
 * What a schema found wrong: place and message of each issue. A union takes one line per branch, the one that the event
 * fits best first. What there is to know about the document or about integers beyond 2^53 stands behind it in a line of its own.
 *
 * @param issues of zod, valibot or any other Standard Schema
 * @param json what the schema was given
 */
export function describeIssues(issues: readonly StandardSchemaV1.Issue[], json: unknown): string {
  const findings = issues.map((issue) => readIssue(issue, []));
  const lines = findings.map((finding) => describeFinding(finding, { json, or: '\nor ' })).join('; ');
  const text = lines.split('\n').map((line) => cut(line, MAX_CHARACTERS.line));
  const advice = [adviseDocument(json), ...bigintHints(findings.flatMap(leavesOf), json)];
  return [cut(text.join('\n'), MAX_CHARACTERS.text), ...advice].filter((line) => line !== undefined).join('\n');
}

function cut(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 1)}…`;
}

type Path = readonly PropertyKey[];

/** What the schema libraries add to an issue, as far as it says more than the standard's message. */
interface RichIssue extends StandardSchemaV1.Issue {
  readonly code?: unknown;
  readonly expected?: unknown;
  /** Of a union, zod 4: the issues of each branch. */
  readonly errors?: readonly (readonly StandardSchemaV1.Issue[])[];
  /** Of a union, zod 3: the same, with paths from the root. */
  readonly unionErrors?: readonly { readonly issues: readonly StandardSchemaV1.Issue[] }[];
  /** Inside this issue: of a key or an element in zod, of all branches of a union in valibot. */
  readonly issues?: readonly StandardSchemaV1.Issue[];
}

/** An issue with its whole path. */
interface Finding {
  readonly issue: RichIssue;
  readonly path: Path;
  /** What each branch of a union found; empty for an issue that is no union. */
  readonly branches: readonly (readonly Finding[])[];
}

function readIssue(issue: RichIssue, base: Path): Finding {
  const path = [...base, ...(issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step))];
  const within = (issues: readonly StandardSchemaV1.Issue[], from: Path) => issues.map((each) => readIssue(each, from));
  const branches = [
    // Libraries that mean something else by the same names have no lists in these places.
    ...listOf(issue.errors)
      .filter(Array.isArray)
      .map((issues) => within(issues as StandardSchemaV1.Issue[], path)),
    ...listOf(issue.unionErrors).map(({ issues }) => within(issues, [])),
    within(listOf(issue.issues), path),
  ];
  return { issue, path, branches: branches.filter(({ length }) => length > 0).sort(byFit) };
}

function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

/** An event that is meant for a branch has its literals, and otherwise lacks little. */
function byFit(one: readonly Finding[], other: readonly Finding[]): number {
  return countLeaves(one, isLiteral) - countLeaves(other, isLiteral) || countLeaves(one) - countLeaves(other);
}

/** Of a union inside only the branch counts that fits best. */
function countLeaves(findings: readonly Finding[], matches: (leaf: Finding) => boolean = () => true): number {
  return findings.reduce((count, finding) => {
    const [best] = finding.branches;
    return count + (best === undefined ? Number(matches(finding)) : countLeaves(best, matches));
  }, 0);
}

const LITERAL_CODES: readonly unknown[] = ['invalid_value', 'invalid_literal', 'invalid_enum_value'];

function isLiteral({ issue }: Finding): boolean {
  return LITERAL_CODES.includes(issue.code);
}

function leavesOf(finding: Finding): readonly Finding[] {
  return finding.branches.length === 0 ? [finding] : finding.branches.flat().flatMap(leavesOf);
}

function describeFinding(finding: Finding, { json, or }: { readonly json: unknown; readonly or: string }): string {
  const { path, issue, branches } = finding;
  const message = describeMessage(issue, valueAt(json, path));
  const branchTexts = branches
    .slice(0, MAX_BRANCHES)
    .map((branch) => branch.map((each) => describeFinding(each, { json, or: ' or ' })).join('; '));
  // The branches say where and what; a message of the user's own says more.
  const own = branches.length > 0 && message === NOTHING_SAID ? [] : [path.map(String).join('.'), message];
  const more = branches.length > MAX_BRANCHES ? [`${branches.length - MAX_BRANCHES} more`] : [];
  return [...own, [...branchTexts, ...more].join(or)].filter(Boolean).join(': ');
}

/** All that zod says while no language is configured, as in `zod/mini`. */
const NOTHING_SAID = 'Invalid input';

function describeMessage(issue: RichIssue, value: unknown): string {
  if (issue.message !== NOTHING_SAID) return issue.message;
  const code = String(issue.code);
  const describe = Object.hasOwn(EXPECTATIONS, code) ? EXPECTATIONS[code] : undefined;
  const expectation = describe?.(issue as unknown as ZodIssue, value) ?? '';
  return expectation === '' ? NOTHING_SAID : `${NOTHING_SAID}: ${expectation}`;
}

/** Members of zod's issues; each code has some of them. */
interface ZodIssue {
  readonly expected: string;
  readonly values: readonly unknown[];
  readonly options?: readonly unknown[];
  readonly keys: readonly string[];
  readonly origin: string;
  readonly minimum: number | bigint;
  readonly maximum: number | bigint;
  readonly inclusive: boolean;
  readonly format: string;
  readonly divisor: number | bigint;
}

const EXPECTATIONS: Readonly<Record<string, (issue: ZodIssue, value: unknown) => string>> = {
  invalid_type: ({ expected }, value) => `expected ${expected}, received ${typeName(value)}`,
  invalid_value: ({ values }) => `expected ${oneOf(values)}`,
  invalid_union: ({ options }) => (options === undefined ? '' : `expected ${oneOf(options)}`),
  unrecognized_keys: ({ keys }) => `unrecognized ${keys.join(', ')}`,
  too_small: ({ origin, inclusive, minimum }) => `expected ${origin} ${inclusive ? '>=' : '>'} ${minimum}`,
  too_big: ({ origin, inclusive, maximum }) => `expected ${origin} ${inclusive ? '<=' : '<'} ${maximum}`,
  invalid_format: ({ format }) => `expected the format ${format}`,
  not_multiple_of: ({ divisor }) => `expected a multiple of ${divisor}`,
};

function oneOf(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value))).join(' or ');
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function valueAt(json: unknown, path: Path): unknown {
  let value = json;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[step];
  }
  return value;
}

/** Members looked at in search of a bigint: the first one tells as much as the last. */
const MAX_SEARCHED = 10_000;

/** Says what nobody expects who has always had numbers from JSON. */
function bigintHints(leaves: readonly Finding[], json: unknown): string[] {
  const hints = new Set<string>();
  let large: Path | undefined;
  for (const { path, issue } of leaves) {
    const value = valueAt(json, path);
    large ??= pathOfBigint(value, path);
    if (issue.expected === 'bigint' && typeof value === 'number') {
      hints.add('integers up to 2^53 arrive as numbers: take both with z.union([z.int(), z.bigint()])');
    }
  }
  if (large !== undefined) {
    const name = large.length === 0 ? 'it' : `\`${large.map(String).join('.')}\``;
    hints.add(
      `${name} is an integer beyond 2^53, which arrives as a bigint so that no digit is lost: take it with z.bigint(), or z.union([z.number(), z.bigint()]) where smaller ones come too`,
    );
  }
  return [...hints];
}

function pathOfBigint(json: unknown, base: Path): Path | undefined {
  const waiting: { readonly value: unknown; readonly path: Path }[] = [{ value: json, path: base }];
  for (let searched = 0; searched < MAX_SEARCHED; searched += 1) {
    const next = waiting.pop();
    if (next === undefined) return undefined;
    if (typeof next.value === 'bigint') return next.path;
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const [member, value] of Object.entries(next.value)) waiting.push({ value, path: [...next.path, member] });
  }
  return undefined;
}
