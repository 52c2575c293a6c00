import type { RowEncoder } from './encode-rows.ts';
import { RowProblem } from './encode-rows.ts';
import type { EncodedItem, QuarantineContext } from './encoded-item.ts';
import { encodeEvent, encodeRejection } from './encoded-item.ts';
import type { DecodedEvent, DecodedItem, Rejection, RejectionReason } from './item.ts';
import { errorText, hearLateRejection } from './item.ts';
import { lookupKeyText } from './lookup-keys.ts';
import type { Lookup, OwnLedger } from './table.ts';

/** The part of a projection that turns an event into rows. */
export interface ProjectionStep {
  readonly lookups: Readonly<Record<string, Lookup>>;
  readonly encoders: readonly RowEncoder[];
  /** The table that serves as the ledger and its key column, when it is one of the projection's own. */
  readonly ownLedger: OwnLedger | undefined;
  readonly project: (
    event: unknown,
    lookups: Readonly<Record<string, (key: unknown) => unknown>>,
    eventId: string,
  ) => Readonly<Record<string, unknown>>;
}

/** Reference rows of a batch, by lookup and key text; `null` where a key has no row. */
export type ResolvedLookups = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** What a batch's items are encoded with. */
export interface ItemEncoding extends Omit<QuarantineContext, 'attempts'> {
  /** Bytes a single event may take in a request. */
  readonly maxItemBytes: number;
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
  context: { readonly resolved: ResolvedLookups; readonly encoding: ItemEncoding },
): EncodedItem[] {
  const accessors = createAccessors(step.lookups, context.resolved);
  const toRejection = (rejection: Rejection) => encodeRejection(rejection, { ...context.encoding, attempts: 0 });
  return items.map((item, n) => {
    if (item.kind === 'rejection') return toRejection(item);
    const rows = projectEvent(item, n, { step, accessors });
    if ('kind' in rows) return toRejection(rows);
    const isInOwnLedger = step.ownLedger !== undefined;
    const encoded = encodeEvent({ origin: item.origin, eventId: item.eventId, n, isInOwnLedger }, rows);
    if (encoded.bytes <= context.encoding.maxItemBytes) return encoded;
    return toRejection(
      reject(
        item,
        'too-large',
        `its rows take ${encoded.bytes} bytes of a request that holds ${context.encoding.maxItemBytes}`,
      ),
    );
  });
}

type Accessors = Readonly<Record<string, (key: unknown) => unknown>>;

/** Says that a required reference row does not exist: the event's fault, told apart from a bug in the projection. */
class AbsentLookupError extends Error {}

function createAccessors(lookups: Readonly<Record<string, Lookup>>, resolved: ResolvedLookups): Accessors {
  return Object.fromEntries(
    Object.entries(lookups).map(([name, { keyType, absent, table }]) => {
      const rows = resolved.get(name) ?? new Map<string, unknown>();
      return [
        name,
        (key: unknown) => {
          const text = lookupKeyText(keyType, key);
          const row = text === undefined ? null : rows.get(text);
          if (row === undefined) {
            throw new Error(`lookup \`${name}\` was not asked for ${describeKey(key)}; add the key to lookupKeys`);
          }
          if (row !== null) return row;
          if (absent === 'undefined') return undefined;
          throw new AbsentLookupError(`\`${table}\` has no row for ${describeKey(key)}`);
        },
      ];
    }),
  );
}

function describeKey(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key.slice(0, 80)) : String(key);
}

/** Encoding stays inside the `try` as well: a getter or a `toJSON` of a row is the user's code too. */
function projectEvent(
  item: DecodedEvent,
  n: number,
  { step, accessors }: { readonly step: ProjectionStep; readonly accessors: Accessors },
): readonly string[] | Rejection {
  try {
    const projected = step.project(item.event, accessors, item.eventId);
    const texts =
      shapeProblem(projected) ??
      ledgerProblem(item, projected, step) ??
      unknownTableProblem(projected, step) ??
      encodeTables(projected, n, step);
    return texts instanceof RowProblem ? reject(item, 'row-invalid', texts.detail) : texts;
  } catch (error) {
    return error instanceof AbsentLookupError
      ? reject(item, 'lookup-absent', error.message)
      : reject(item, 'projection-threw', errorText(error));
  }
}

function encodeTables(
  projected: Readonly<Record<string, unknown>>,
  n: number,
  { encoders }: ProjectionStep,
): readonly string[] | RowProblem {
  const texts: string[] = [];
  for (const encoder of encoders) {
    const text = encodeRows(projected[encoder.table], n, encoder);
    if (text instanceof RowProblem) return text;
    texts.push(text);
  }
  return texts;
}

function encodeRows(rows: unknown, n: number, encoder: RowEncoder): string | RowProblem {
  if (rows === undefined) return '';
  if (!Array.isArray(rows)) return encoder.encode(rows, n);
  const texts: string[] = [];
  for (const row of rows) {
    const text = encoder.encode(row, n);
    if (text instanceof RowProblem) return text;
    texts.push(text);
  }
  return texts.join(',');
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
  { encoders }: ProjectionStep,
): RowProblem | undefined {
  const unknown = Object.keys(projected).find((name) => !encoders.some(({ table }) => table === name));
  return unknown === undefined ? undefined : new RowProblem(`the projection declares no table \`${unknown}\``);
}

function reject({ origin, eventId }: DecodedEvent, reason: RejectionReason, detail: string): Rejection {
  return { kind: 'rejection', origin, reason, detail, eventId };
}
