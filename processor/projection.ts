import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ProblemsError } from '../contract/problems-error.ts';
import type { Decoder } from './decode/decoders.ts';
import { json } from './decode/decoders.ts';
import type { EventRecord } from './decode/place.ts';
import type { Skip } from './decode/skip.ts';
import type { KeyTypes, Lookup, LookupKey, LookupRow, Lookups } from './lookup/declare-lookup.ts';
import { lookupsProblems } from './lookup/declare-lookup.ts';
import type { EventContext } from './project/project-items.ts';
import type { HealFor } from './quarantine/heal-for.ts';
import { DEFAULT_HEAL_FOR, healForSeconds } from './quarantine/heal-for.ts';
import type { InsertTable } from './tables/inserts.ts';
import type { Removal } from './tables/removal.ts';
import { ledgerProblems } from './tables/inserts.ts';
import type { Columns, RowOf, RowSource, Tables } from './tables/table-kind.ts';
import { parseColumnType } from './tables/column-type.ts';
import { quote, tablesProblems } from './tables/table-kind.ts';
import { describeValue } from './user-values.ts';

export type { EventRecord } from './decode/place.ts';
export type { EventContext } from './project/project-items.ts';
export { cloudWatchLogs, custom, json, jsonArray, ndjson } from './decode/decoders.ts';
export type { CloudWatchLogEvent, Decoder } from './decode/decoders.ts';
export { skip, Skip } from './decode/skip.ts';
export { lookup } from './lookup/declare-lookup.ts';
export { counters } from './tables/counters.ts';
export { inserts } from './tables/inserts.ts';
export { remove } from './tables/remove.ts';
export { sql } from './tables/column-type.ts';
export type { JsonValue } from './tables/column-type.ts';
export { versions } from './tables/versions.ts';

/** What a projection's function asks reference rows with: one accessor per lookup, by key. */
export type LookupAccessors<L> = {
  readonly [N in keyof L]: (
    key: LookupKey<L[N]>,
  ) => L[N] extends Lookup<KeyTypes, Columns, 'reject' | 'later'> ? LookupRow<L[N]> : LookupRow<L[N]> | undefined;
};

/** What `lookupKeys` finds other keys with: the row, or `undefined` where there is none, or none yet. */
export type KeyAccessors<L> = {
  readonly [N in keyof L]: (key: LookupKey<L[N]> | null | undefined) => LookupRow<L[N]> | undefined;
};

/** The keys of an event, by lookup; no row has a key that is null. */
export type LookupKeys<L> = { readonly [N in keyof L]: readonly (LookupKey<L[N]> | null | undefined)[] };

/** What an event becomes: per table one row, several, or none; tables that take their rows from another get none. */
export type ProjectedRows<T> = {
  readonly [N in keyof T]?: T[N] extends { readonly from: RowSource } ? never : RowOf<T[N]> | readonly RowOf<T[N]>[];
};

/** A sentence that TypeScript shows where a declaration can't work. */
interface Problem<Sentence extends string> {
  readonly problem: Sentence;
}

/** Rows as a projection gives them, in which a column that the table does not declare has no value. */
type NoSurplus<Given, T> = Given extends Skip
  ? Skip
  : { readonly [N in keyof Given]: N extends keyof T ? NoSurplusRows<Given[N], RowOf<T[N]>> : never };

type NoSurplusRows<Given, Row> = Given extends readonly (infer Each)[]
  ? readonly NoSurplusRows<Each, Row>[]
  : Given extends Removal<infer Parts>
    ? Removal<NoSurplusMembers<Parts, Row extends Removal<infer Allowed> ? Allowed : never>>
    : NoSurplusMembers<Given, Row extends Removal ? never : Row>;

type NoSurplusMembers<Given, Row> = Given extends object
  ? { readonly [C in keyof Given]: C extends keyof Row ? unknown : never }
  : Given;

/** Tables as declared, in which `from` names an insert table that has all of the columns. */
type SoundTables<T> = {
  readonly [N in keyof T]: T[N] extends { readonly from: infer F extends RowSource; readonly columns: infer C }
    ? SoundSource<T, F, C> extends true
      ? T[N]
      : SoundSource<T, F, C>
    : T[N];
};

type SoundSource<T, F extends RowSource, C> = F['table'] extends keyof T
  ? T[F['table']] extends InsertTable<infer There>
    ? { readonly [N in keyof C]: C[N] } extends { readonly [N in keyof C]: ColumnThere<There, F, N> }
      ? true
      : Problem<'`from`: a column is missing there, or has another type'>
    : Problem<'`from` must name an insert table'>
  : Problem<'`from` must name a table of this projection'>;

type ColumnThere<There, F extends RowSource, N> = There[(F['columns'] extends infer R
  ? N extends keyof R
    ? R[N]
    : N
  : N) &
  keyof There];

/** Names of the tables that can be the ledger: insert tables whose key is one text column. */
type LedgerName<T> = {
  [N in keyof T]: T[N] extends { readonly kind: 'inserts'; readonly columns: infer C; readonly key: readonly [infer K] }
    ? K extends keyof C
      ? C[K] extends 'text'
        ? N
        : never
      : never
    : never;
}[keyof T];

/**
 * How an event is identified: by what it says and where it came from, or by its place on the stream alone. An event that
 * is skipped needs no id.
 */
export type EventId<Event> = 'position' | ((event: Event, record: EventRecord) => string | null | undefined);

/** Reference tables and how an event names its rows in them: both or neither. */
interface LookupParts<Event, L> {
  /** Reference tables, by the name the accessors get. */
  readonly lookups: L;
  /**
   * The reference keys an event needs; they are read together for the whole batch.
   *
   * Pure. A key that comes from the row of another lookup is found by the second argument. It gives `undefined` until that row
   * is read; then `lookupKeys` is called again, and the keys that come with it are read, which is one call more.
   */
  readonly lookupKeys: (event: Event, lookups: KeyAccessors<L>) => LookupKeys<L>;
}

// Names are known one by one, or, where only `AnyProjection` is expected, as any string.
type LookupDeclarations<Event, L> = string extends keyof L
  ? Partial<LookupParts<Event, L>>
  : keyof L extends never
    ? Partial<LookupParts<Event, L>>
    : LookupParts<Event, L>;

/** What a user writes for a stream: how an event is validated, identified, enriched and turned into rows. */
export type ProjectionDeclaration<
  S extends StandardSchemaV1,
  L extends Lookups,
  T extends Tables,
  R extends ProjectedRows<T> | Skip,
  I extends EventId<StandardSchemaV1.InferOutput<S>> = EventId<StandardSchemaV1.InferOutput<S>>,
> = {
  /** Name of the function and of its folder; part of the ledger's key, so it must not change. */
  readonly name: string;
  /**
   * How the bytes of a record become documents: {@link json}, {@link ndjson}, {@link jsonArray}, {@link cloudWatchLogs} or
   * {@link custom}.
   *
   * @defaultValue `json()`, one JSON document per record
   */
  readonly decode?: Decoder;
  /** Any Standard Schema, such as zod's: validates a document and gives the event its type. */
  readonly schema: S;
  /**
   * The event's identity: two deliveries with one id have one effect. `'position'` is for events that carry none: the
   * place on the stream is the identity then, so that what a producer sends twice counts twice.
   */
  readonly eventId: I;
  /** Tables by name, with the schema in front where it is not on the search path. */
  readonly tables: T & SoundTables<T>;
  /**
   * Name of an insert table whose one key column is the event id: it then is the ledger, which saves the framework's.
   *
   * @defaultValue the framework's own ledger table
   */
  readonly ledger?: LedgerName<T>;
  /**
   * How long an event waits whose reference row (`absent: 'later'`) or parent row (foreign key) is missing: it is tried again
   * by itself, and after that it is a quarantine entry for somebody to look at. At most 30 days; `0s` for not at all.
   *
   * @defaultValue `'1d'`
   */
  readonly healFor?: HealFor;
  /**
   * Pure: the same event and reference rows give the same rows, or a reason to {@link skip} it. An event without rows,
   * `{}`, is skipped as `no-rows`. An error it throws rejects the event.
   */
  readonly project: (
    event: StandardSchemaV1.InferOutput<S>,
    lookups: LookupAccessors<L>,
    context: EventContext,
  ) => R & NoSurplus<R, T>;
} & LookupDeclarations<StandardSchemaV1.InferOutput<S>, L>;

/** A checked declaration: what a handler is made of, and what a test can call. */
export interface Projection<Event, L extends Lookups, T extends Tables, I = EventId<Event>> {
  readonly name: string;
  readonly decode: Decoder;
  readonly schema: StandardSchemaV1<unknown, Event>;
  readonly eventId: I extends 'position' ? (event: Event, record: EventRecord) => string : I;
  readonly lookups: L;
  readonly lookupKeys: (event: Event, lookups?: KeyAccessors<L>) => LookupKeys<L>;
  readonly tables: T;
  readonly ledger: (keyof T & string) | undefined;
  readonly healFor: HealFor;
  readonly keepsPlace: boolean;
  readonly project: (event: Event, lookups: LookupAccessors<L>, context: EventContext) => ProjectedRows<T> | Skip;
}

/** Any projection, whatever its events and tables are: nothing can be done with it but to compile it. */
export interface AnyProjection {
  readonly name: string;
  readonly decode: Decoder;
  readonly schema: StandardSchemaV1;
  readonly eventId: (event: never, record: EventRecord) => string | null | undefined;
  readonly lookups: Lookups;
  readonly lookupKeys: (event: never, lookups: never) => Readonly<Record<string, readonly unknown[]>>;
  readonly tables: Tables;
  readonly ledger: string | undefined;
  readonly healFor: HealFor;
  /** Whether the place of an event matters: its functions take the record, or it has columns of type `position`. */
  readonly keepsPlace: boolean;
  readonly project: (event: never, lookups: never, context: EventContext) => object;
}

/** Thrown at start-up when a declaration can't work; `problems` lists everything that is wrong with it. */
export class ProjectionError extends ProblemsError {
  /**
   * Collects the problems into one message.
   *
   * @param problems one sentence each: expected, got, and what to do
   */
  constructor(problems: readonly string[]) {
    super(problems, { name: 'ProjectionError', heading: 'the projection is invalid' });
  }
}

/**
 * Checks a declaration and makes it a projection: what TypeScript can see is a compile error, the rest is told here,
 * when the function starts.
 *
 * @throws {@link ProjectionError} listing every problem at once
 */
export function defineProjection<
  S extends StandardSchemaV1,
  const T extends Tables,
  R extends ProjectedRows<T> | Skip,
  const I extends EventId<StandardSchemaV1.InferOutput<S>>,
  const L extends Lookups = Readonly<Record<never, Lookup>>,
>(declaration: ProjectionDeclaration<S, L, T, R, I>): Projection<StandardSchemaV1.InferOutput<S>, L, T, I> {
  const {
    lookups = {},
    lookupKeys = () => ({}),
    ledger,
    eventId,
    decode = json(),
    healFor = DEFAULT_HEAL_FOR,
    ...rest
  } = declaration as Partial<Omit<AnyProjection, 'eventId'>> &
    Pick<AnyProjection, 'name' | 'schema' | 'tables' | 'project'> & { readonly eventId: EventId<never> };
  const given = (declaration as Partial<AnyProjection>).lookupKeys;
  const problems = projectionProblems({ ...rest, decode, eventId, lookups, lookupKeys: given, ledger, healFor });
  if (problems.length > 0) throw new ProjectionError(problems);
  return Object.freeze({
    ...rest,
    decode,
    eventId: eventId === 'position' ? placeId : eventId,
    lookups,
    lookupKeys,
    ledger,
    healFor,
    keepsPlace: eventId === 'position' || eventId.length > 1 || rest.project.length > 2 || hasPosition(rest.tables),
  }) as unknown as Projection<StandardSchemaV1.InferOutput<S>, L, T, I>;
}

function hasPosition(tables: Tables): boolean {
  return Object.values(tables).some(({ columns }) =>
    Object.values(columns).some((type) => parseColumnType(type)?.name === 'position'),
  );
}

/** Sequence numbers are unique within a shard only. */
function placeId(_event: unknown, { shardId, position }: EventRecord): string {
  return `${shardId}:${position}`;
}

function isDecoder(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'takesAnyBytes' in value;
}

const PROJECTION_NAME = /^[a-z][a-z0-9-]{0,62}$/;

interface CheckedDeclaration {
  readonly name: string;
  readonly schema: unknown;
  readonly tables: Tables;
  readonly lookups: Lookups;
  readonly lookupKeys: unknown;
  readonly ledger: string | undefined;
  readonly eventId: unknown;
  readonly decode: unknown;
  readonly healFor: unknown;
  readonly project: unknown;
}

/** Rows that are promised are rows that nobody waits for: each event would be rejected, one by one. */
function functionProblems({
  project,
  eventId,
  lookupKeys,
}: Pick<CheckedDeclaration, 'project' | 'eventId' | 'lookupKeys'>): readonly string[] {
  return [
    ...(typeof project === 'function' ? [] : [`\`project\` must be a function, got ${describeValue(project)}`]),
    ...(eventId === 'position' || typeof eventId === 'function'
      ? []
      : [`\`eventId\` must be a function or 'position', got ${describeValue(eventId)}`]),
    ...Object.entries({ project, eventId, lookupKeys }).flatMap(([name, value]) =>
      Object.prototype.toString.call(value) === '[object AsyncFunction]'
        ? [`\`${name}\` must return its result, got an async function; what has to be waited for is a lookup`]
        : [],
    ),
  ];
}

/** What is wrong with parts that were made by something else than their function, which nothing else can look into then. */
function partsProblems(kind: string, parts: unknown, maker: string): readonly string[] {
  if (!isObject(parts))
    return [`\`${kind}s\` must be an object with a name for each ${kind}, got ${describeValue(parts)}`];
  return Object.entries(parts).flatMap(([name, part]) =>
    isObject(part) && isObject((part as { readonly columns?: unknown }).columns)
      ? []
      : [`${kind} \`${name}\` must be what ${maker} returns, got ${describeValue(part)}`],
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** {@link https://standardschema.dev} */
function isStandardSchema(value: unknown): boolean {
  const { '~standard': standard } = Object(value) as { readonly '~standard'?: { readonly validate?: unknown } };
  return typeof standard?.validate === 'function';
}

function projectionProblems({
  name,
  schema,
  tables,
  lookups,
  lookupKeys,
  ledger,
  eventId,
  decode,
  healFor,
  project,
}: CheckedDeclaration): string[] {
  const strangeTables = partsProblems('table', tables, 'inserts, versions or counters');
  const strangeLookups = partsProblems('lookup', lookups, 'lookup');
  return [
    ...(PROJECTION_NAME.test(name)
      ? []
      : [`\`name\` must be lower-case letters, digits and hyphens, at most 63, got ${quote(name)}`]),
    ...(isStandardSchema(schema)
      ? []
      : [`\`schema\` must be a Standard Schema, such as one of zod, got ${describeValue(schema)}`]),
    ...strangeTables,
    ...(strangeTables.length > 0 ? [] : [...tablesProblems(tables), ...ledgerProblems(tables, ledger)]),
    ...(isDecoder(decode)
      ? []
      : [
          `\`decode\` must be a decoder, such as ndjson() or custom((bytes) => …), got ${describeValue(decode)}${typeof decode === 'function' ? '; call it' : ''}`,
        ]),
    ...functionProblems({ project, eventId, lookupKeys }),
    ...strangeLookups,
    ...(strangeLookups.length > 0 ? [] : lookupsProblems(lookups, lookupKeys)),
    ...(healForSeconds(healFor) === undefined
      ? [`\`healFor\` must be a time such as 90s, 15m, 12h or 1d, at most 30d, got ${quote(healFor)}`]
      : []),
  ];
}
