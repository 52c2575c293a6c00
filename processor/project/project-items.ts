import type { RowEncoder } from './encode-rows.ts';
import { RowProblem } from './encode-rows.ts';
import type { EncodedRejection, QuarantineContext } from '../quarantine/encode-rejection.ts';
import { encodeRejection } from '../quarantine/encode-rejection.ts';
import type { Origin } from '../decode/item.ts';
import type { EscapedRows } from './escaped-rows.ts';
import type { DecodedEvent, DecodedItem, Rejection, RejectionReason } from '../decode/item.ts';
import { errorText, hearLateRejection } from '../decode/item.ts';
import type { LookupAccessors, ResolvedLookups } from '../lookup/lookup-keys.ts';
import { AbsentLookupError, createLookupAccessors } from '../lookup/lookup-keys.ts';
import { RowLists } from './row-lists.ts';
import type { Lookup } from '../lookup/declare-lookup.ts';
import type { OwnLedger } from '../tables/inserts.ts';
import type { RowSource } from '../tables/table-kind.ts';

/** The part of a projection that turns an event into rows. */
export interface ProjectionStep {
  readonly lookups: Readonly<Record<string, Lookup>>;
  /** One per table that events give rows for, in the order of the compiled statement. */
  readonly encoders: readonly RowEncoder[];
  /** Tables that take their rows from another one, by name. */
  readonly rowSources: Readonly<Record<string, RowSource>>;
  /** The table that serves as the ledger and its key column, when it is one of the projection's own. */
  readonly ownLedger: OwnLedger | undefined;
  readonly project: (event: unknown, lookups: LookupAccessors, eventId: string) => Readonly<Record<string, unknown>>;
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
export type EncodedItem = EncodedEvent | EncodedRejection;

/** What a batch's items are encoded with; an event whose rows take more than `maxItemBytes` is rejected. */
export type ItemEncoding = Omit<QuarantineContext, 'attempts'>;

/** A batch as it is written. */
export interface EncodedBatch {
  readonly items: readonly EncodedItem[];
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
  { resolved, encoding }: { readonly resolved: ResolvedLookups; readonly encoding: ItemEncoding },
): EncodedBatch {
  const rows = new RowLists(step.encoders.length + (step.ownLedger === undefined ? 1 : 0), items.length);
  const context = { step, rows, accessors: createLookupAccessors(step.lookups, resolved), encoding };
  const encoded = items.map((item, n): EncodedItem => {
    const outcome = item.kind === 'rejection' ? item : encodeEvent(item, n, context);
    if (outcome.kind === 'event') return outcome;
    rows.withdraw(n);
    return encodeRejection(outcome, { ...encoding, attempts: 0 });
  });
  return { items: encoded, rows };
}

interface EncodingContext {
  readonly step: ProjectionStep;
  readonly rows: RowLists;
  readonly accessors: LookupAccessors;
  readonly encoding: ItemEncoding;
}

function encodeEvent(item: DecodedEvent, n: number, context: EncodingContext): EncodedEvent | Rejection {
  const rejection = projectEvent(item, n, context);
  if (rejection !== undefined) return rejection;
  const bytes = context.rows.close(n);
  const { maxItemBytes } = context.encoding;
  return bytes <= maxItemBytes
    ? { kind: 'event', origin: item.origin, eventId: item.eventId, n, bytes }
    : reject(item, 'too-large', `its rows take ${bytes} bytes of a request that holds ${maxItemBytes}`);
}

/** Encoding stays inside the `try` as well: a getter or a `toJSON` of a row is the user's code too. */
function projectEvent(item: DecodedEvent, n: number, context: EncodingContext): Rejection | undefined {
  const { step, accessors, rows } = context;
  try {
    const projected = step.project(item.event, accessors, item.eventId);
    const problem =
      shapeProblem(projected) ?? ledgerProblem(item, projected, step) ?? encodeTables(projected, n, context);
    if (problem !== undefined) return reject(item, 'row-invalid', problem.detail);
    if (step.ownLedger === undefined) encodeId(item, n, rows.list(step.encoders.length));
    return undefined;
  } catch (error) {
    return error instanceof AbsentLookupError
      ? reject(item, 'lookup-absent', error.message)
      : reject(item, 'projection-threw', errorText(error));
  }
}

function encodeId({ eventId }: DecodedEvent, n: number, ids: EscapedRows): void {
  ids.openRow(n);
  ids.appendString(eventId);
  ids.closeRow();
}

function encodeTables(
  projected: Readonly<Record<string, unknown>>,
  n: number,
  { step, rows }: EncodingContext,
): RowProblem | undefined {
  const { encoders } = step;
  let known = 0;
  for (let list = 0; list < encoders.length; list += 1) {
    const encoder = encoders[list];
    if (encoder === undefined) continue;
    const given = projected[encoder.table];
    if (given === undefined) continue;
    known += 1;
    const problem = Array.isArray(given)
      ? encodeEach(given, n, { encoder, rows: rows.list(list) })
      : encoder.encode(given, n, rows.list(list));
    if (problem !== undefined) return problem;
  }
  return Object.keys(projected).length === known ? undefined : unknownTableProblem(projected, step);
}

function encodeEach(
  given: readonly unknown[],
  n: number,
  { encoder, rows }: { readonly encoder: RowEncoder; readonly rows: EscapedRows },
): RowProblem | undefined {
  for (const row of given) {
    const problem = encoder.encode(row, n, rows);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** TypeScript refuses both; where it did not look, a promise would pass for an event without rows. */
function shapeProblem(projected: unknown): RowProblem | undefined {
  if (projected instanceof Promise) {
    hearLateRejection(projected);
    return new RowProblem('`project` must return rows by table, got a promise; it must not be async');
  }
  return typeof projected === 'object' && projected !== null
    ? undefined
    : new RowProblem(`\`project\` must return rows by table, got ${projected === null ? 'null' : typeof projected}`);
}

/** A table that is the ledger decides what is fresh: each event has exactly one row in it, under its own id. */
function ledgerProblem(
  { eventId }: DecodedEvent,
  projected: Readonly<Record<string, unknown>>,
  { ownLedger }: ProjectionStep,
): RowProblem | undefined {
  if (ownLedger === undefined) return undefined;
  const row = projected[ownLedger.table] as Readonly<Record<string, unknown>> | undefined;
  return row?.[ownLedger.keyColumn] === eventId
    ? undefined
    : new RowProblem(
        `\`${ownLedger.table}\` is the ledger: it must get one row whose \`${ownLedger.keyColumn}\` is the event id`,
      );
}

function unknownTableProblem(
  projected: Readonly<Record<string, unknown>>,
  { encoders, rowSources }: ProjectionStep,
): RowProblem | undefined {
  const unknown = Object.keys(projected).find((name) => !encoders.some(({ table }) => table === name));
  if (unknown === undefined) return undefined;
  const source = Object.hasOwn(rowSources, unknown) ? rowSources[unknown] : undefined;
  return new RowProblem(
    source === undefined
      ? `the projection declares no table \`${unknown}\``
      : `\`${unknown}\` takes its rows from \`${source.table}\`; leave it out`,
  );
}

function reject({ origin, eventId }: DecodedEvent, reason: RejectionReason, detail: string): Rejection {
  return { kind: 'rejection', origin, reason, detail, eventId };
}
