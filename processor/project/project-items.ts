import type { RowEncoder, RowItem } from './encode-rows.ts';
import { RowProblem } from './encode-rows.ts';
import type { EncodedRejection, QuarantineContext } from '../quarantine/encode-rejection.ts';
import { encodeRejection } from '../quarantine/encode-rejection.ts';
import type { EventRecord } from '../decode/place.ts';
import { eventRecord } from '../decode/place.ts';
import { NO_ROWS, Skip, skippedEvent } from '../decode/skip.ts';
import type { EscapedRows } from './escaped-rows.ts';
import type { DecodedEvent, DecodedItem, Origin, Rejection, SkippedEvent } from '../decode/item.ts';
import { errorText, placeOf, rejectEvent } from '../decode/item.ts';
import type { BatchLookups, LookupAccessors } from '../lookup/lookup-accessors.ts';
import { createEventLookups, UnansweredLookupError } from '../lookup/lookup-accessors.ts';
import type { Round } from '../lookup/own-rows.ts';
import { RowLists } from './row-lists.ts';
import type { Lookups } from '../lookup/declare-lookup.ts';
import type { RowSource } from '../tables/table-kind.ts';
import type { MemberName } from '../user-values.ts';
import { describeValue, hearLateRejections, isInstance, isPromiseLike, memberOf } from '../user-values.ts';

/** The part of a projection that turns an event into rows. */
export interface ProjectionStep {
  readonly lookups: Lookups;
  /** One per table that events give rows for, in the order of the compiled statement. */
  readonly encoders: readonly RowEncoder[];
  /** Tables that take their rows from another one, by name. */
  readonly rowSources: Readonly<Record<string, RowSource>>;
  /** The table that serves as the ledger and its key column, when it is one of the projection's own. */
  readonly ownLedger: { readonly table: MemberName; readonly keyColumn: MemberName } | undefined;
  readonly project: (event: unknown, lookups: LookupAccessors, context: EventContext) => object;
}

/** What `project` gets beside an event and its reference rows. */
export interface EventContext {
  /** The event's identity, as `eventId` gave it. */
  readonly eventId: string;
  /** The record that the event came in. */
  readonly record: EventRecord;
}

/** An event whose rows are encoded. */
export interface EncodedEvent {
  readonly kind: 'event';
  readonly origin: Origin;
  readonly eventId: string;
  /** Its number in the batch's row lists. */
  readonly n: number;
  /** Bytes of its rows in a request body. */
  readonly bytes: number;
}

/** One item of a batch, ready to be written. */
export type EncodedItem = EncodedEvent | EncodedRejection | SkippedEvent;

/** What a batch's items are encoded with; an event whose rows take more than `maxItemBytes` is rejected. */
export type ItemEncoding = Omit<QuarantineContext, 'attempts'>;

/** What a batch's items are projected with. */
export interface BatchContext extends BatchLookups {
  readonly encoding: ItemEncoding;
  /** Says which items wait for the next round, where lookups see rows of the projection; without it, none does. */
  readonly round?: Round | undefined;
}

/** A batch as it is written. */
export interface EncodedBatch {
  readonly items: readonly EncodedItem[];
  /** Places among the items of those that wait for the next round. */
  readonly waiting: readonly number[];
  /** The events' rows: one list per table, and behind them `[n, eventId]` where the framework's ledger is used. */
  readonly rows: RowLists;
}

/**
 * Runs the user's projection over a batch and encodes what comes out, in stream order.
 *
 * Whatever goes wrong with an event rejects that event alone. Events with one id all go to the database, where the
 * first that it accepts has the effect: only there is known whether an earlier one was accepted.
 */
export function projectItems(
  items: readonly DecodedItem[],
  step: ProjectionStep,
  { encoding, round, ...batchLookups }: BatchContext,
): EncodedBatch {
  const rows = new RowLists(step.encoders.length + (step.ownLedger === undefined ? 1 : 0), items.length);
  const lookups = createEventLookups(step.lookups, batchLookups);
  const context = { step, rows, accessors: lookups.accessors, encoding, round };
  const encoded: EncodedItem[] = [];
  const waiting: number[] = [];
  for (const [n, item] of items.entries()) {
    lookups.begin(n);
    const outcome = round?.waits(item, n) === true ? WAITS : settle(item, n, context);
    if (outcome.kind !== 'event') rows.withdraw(n);
    if (outcome.kind === 'wait') waiting.push(n);
    else encoded.push(outcome.kind === 'rejection' ? encodeRejection(outcome, { ...encoding, attempts: 0 }) : outcome);
  }
  return { items: encoded, waiting, rows };
}

/** What becomes of an item that waits for the next round. */
const WAITS = { kind: 'wait' } as const;

type Outcome = EncodedEvent | Rejection | SkippedEvent | typeof WAITS;

function settle(item: DecodedItem, n: number, context: EncodingContext): Outcome {
  return item.kind === 'event' ? encodeEvent(item, n, context) : item;
}

interface EncodingContext {
  readonly step: ProjectionStep;
  readonly rows: RowLists;
  readonly accessors: LookupAccessors;
  readonly encoding: ItemEncoding;
  readonly round: Round | undefined;
}

function encodeEvent(item: DecodedEvent, n: number, context: EncodingContext): Outcome {
  const settled = projectEvent(item, n, context);
  if (settled?.kind === 'skip' || settled?.kind === 'wait') return settled;
  const rejection = item.unidentified ?? settled;
  if (rejection !== undefined) return rejection;
  const bytes = context.rows.close(n);
  const { maxItemBytes } = context.encoding;
  return bytes <= maxItemBytes
    ? { kind: 'event', origin: item.origin, eventId: item.eventId, n, bytes }
    : rejectEvent(item, 'too-large', `its rows take ${bytes} bytes of a request that holds ${maxItemBytes}`);
}

/** Makes the record only when it is read: most projections never do. */
class ItemContext implements EventContext {
  readonly eventId: string;
  readonly #origin: Origin;

  constructor({ eventId, origin }: DecodedEvent) {
    this.eventId = eventId;
    this.#origin = origin;
  }

  get record(): EventRecord {
    return eventRecord(placeOf(this.#origin), this.#origin.partitionKey);
  }
}

/** Encoding stays inside the `try` as well: a getter or a `toJSON` of a row is the user's code too. */
function projectEvent(
  item: DecodedEvent,
  n: number,
  context: EncodingContext,
): Exclude<Outcome, EncodedEvent> | undefined {
  const { step, accessors } = context;
  let projected: unknown;
  try {
    projected = step.project(item.event, accessors, new ItemContext(item));
    if (projected instanceof Skip) return skippedEvent(item.origin, projected.reason);
    const problem =
      shapeProblem(projected) ??
      encodeTables(projected as ProjectedTables, { n, origin: item.origin }, context) ??
      ledgerProblem(item, projected as ProjectedTables, step);
    if (problem === undefined) return admit(item, { n, projected: projected as object }, context);
    hearLateRejections(projected);
    return rejectEvent(item, 'row-invalid', problem.detail);
  } catch (error) {
    hearLateRejections(projected);
    return isInstance(error, UnansweredLookupError)
      ? { ...rejectEvent(item, error.reason, error.message), mayHeal: error.mayHeal }
      : rejectEvent(item, 'projection-threw', errorText(error));
  }
}

/** Lets an event be written whose rows are encoded, in this round or the next, if there are any. */
function admit(
  item: DecodedEvent,
  { n, projected }: { readonly n: number; readonly projected: object },
  { step, rows, round }: EncodingContext,
): SkippedEvent | typeof WAITS | undefined {
  // It would change nothing, and what is written changes something.
  if (rows.isEmpty) return skippedEvent(item.origin, NO_ROWS);
  if (round?.waitsToWrite(item, n, projected) === true) return WAITS;
  if (step.ownLedger === undefined) encodeId(item, n, rows.list(step.encoders.length));
  return undefined;
}

type ProjectedTables = Readonly<Record<string, unknown>>;

function encodeId({ eventId }: DecodedEvent, n: number, ids: EscapedRows): void {
  ids.openRow(n);
  ids.appendString(eventId);
  ids.closeRow();
}

function encodeTables(
  projected: ProjectedTables,
  item: RowItem,
  { step, rows }: EncodingContext,
): RowProblem | undefined {
  const { encoders } = step;
  let known = 0;
  for (let list = 0; list < encoders.length; list += 1) {
    const encoder = encoders[list];
    if (encoder === undefined) continue;
    const given = memberOf(projected, encoder.table);
    if (given === undefined) continue;
    known += 1;
    const problem = Array.isArray(given)
      ? encodeEach(given, item, { encoder, rows: rows.list(list) })
      : encoder.encode(given, item, rows.list(list));
    if (problem !== undefined) return problem;
  }
  if (Object.keys(projected).length !== known) return unknownTableProblem(projected, step);
  return known === 0 ? emptyProblem(projected) : undefined;
}

/** A promise or a Map has no members of its own, and would pass for an event without rows. */
function emptyProblem(projected: ProjectedTables): RowProblem | undefined {
  const isPlain = Object.prototype.toString.call(projected) === '[object Object]';
  return isPlain && !isPromiseLike(projected) ? undefined : notRows(projected);
}

function encodeEach(
  given: readonly unknown[],
  item: RowItem,
  { encoder, rows }: { readonly encoder: RowEncoder; readonly rows: EscapedRows },
): RowProblem | undefined {
  for (const row of given) {
    const problem = encoder.encode(row, item, rows);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function shapeProblem(projected: unknown): RowProblem | undefined {
  return typeof projected === 'object' && projected !== null && !Array.isArray(projected)
    ? undefined
    : notRows(projected);
}

function notRows(projected: unknown): RowProblem {
  const advice = isPromiseLike(projected) ? '; it must not be async' : '';
  return new RowProblem(`\`project\` must return rows by table, got ${describeValue(projected)}${advice}`);
}

/** A table that is the ledger decides what is fresh: each event has exactly one row in it, under its own id. */
function ledgerProblem(
  { eventId }: DecodedEvent,
  projected: ProjectedTables,
  { ownLedger }: ProjectionStep,
): RowProblem | undefined {
  if (ownLedger === undefined) return undefined;
  const row = memberOf(projected, ownLedger.table);
  return typeof row === 'object' && row !== null && memberOf(row, ownLedger.keyColumn) === eventId
    ? undefined
    : new RowProblem(
        `\`${ownLedger.table.name}\` is the ledger: it must get one row whose \`${ownLedger.keyColumn.name}\` is the event id`,
      );
}

function unknownTableProblem(
  projected: ProjectedTables,
  { encoders, rowSources }: ProjectionStep,
): RowProblem | undefined {
  const unknown = Object.keys(projected).find((name) => !encoders.some(({ table }) => table.name === name));
  if (unknown === undefined) return undefined;
  if (isPromiseLike(projected)) return notRows(projected);
  const source = Object.hasOwn(rowSources, unknown) ? rowSources[unknown] : undefined;
  return new RowProblem(
    source === undefined
      ? `the projection declares no table \`${unknown}\``
      : `\`${unknown}\` takes its rows from \`${source.table}\`; leave it out`,
  );
}
