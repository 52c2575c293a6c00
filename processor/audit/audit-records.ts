import { DATA_API_MAX_REQUEST_BYTES } from '../../contract/limits.ts';
import type { Execute } from '../../data-api/execute.ts';
import { parameterText } from '../../data-api/statement-body.ts';
import type { CompiledProjection } from '../compile-projection.ts';
import { compileProjection } from '../compile-projection.ts';
import { decodeRecords } from '../decode/decode-records.ts';
import type { DecodedItem, KinesisRecord } from '../decode/item.ts';
import { shardIdOf } from '../decode/item.ts';
import { createDataApiLookupSource } from '../lookup/data-api-lookup-source.ts';
import { createLruLookupCache } from '../lookup/lru-lookup-cache.ts';
import type { LookupReading } from '../lookup/read-lookups.ts';
import { resolveLookups } from '../lookup/resolve-lookups.ts';
import type { EncodedBatch, EncodedEvent, EncodedItem } from '../project/project-items.ts';
import { projectItems } from '../project/project-items.ts';
import type { AnyProjection } from '../projection.ts';
import { givenTables } from '../tables/table-kind.ts';
import { WRITE_PARAMETERS } from '../write-parameter-names.ts';
import type { AuditedTable } from './audited-tables.ts';
import { auditedTables } from './audited-tables.ts';
import type { RowFault } from './compile-audit.ts';
import { AUDITED_ITEMS, compileFates, compileRowAudit, KILLERS_SQL } from './compile-audit.ts';

/** Where an event was found. */
export const FATES = ['in-effect', 'skipped', 'waiting', 'quarantined', 'put-back', 'nowhere'] as const;

/** One of {@link FATES}. */
export type Fate = (typeof FATES)[number];

/** What is wrong with an event that is in effect. */
export interface AuditFault {
  /** `also-quarantined`: an open entry has the event as well. */
  readonly kind: RowFault | 'also-quarantined';
  /** Of a row. */
  readonly table?: string;
}

/** One event of the stream, or what should have been one, and where it was found. */
export interface AuditedItem {
  /** Index of its record among those that were audited together. */
  readonly recordIndex: number;
  readonly subSequenceNumber: number;
  readonly eventId: string | null;
  readonly fate: Fate;
  /** Why it is skipped or in the quarantine; of one that is nowhere, why this code would not write it. */
  readonly reason: string | null;
  readonly faults: readonly AuditFault[];
}

/** Looks for what became of records, with the code of a projection. */
export interface Audit {
  readonly functionName: string;
  readonly tables: readonly AuditedTable[];
  /**
   * Looks for the events of records of one shard, in stream order. Nothing is written.
   *
   * @param isCompared whether the rows of the record at an index are compared with the tables
   * @throws what the database answers, and `HoldError` when reference rows cannot be read
   */
  readonly audit: (
    records: readonly KinesisRecord[],
    isCompared: (recordIndex: number) => boolean,
  ) => Promise<readonly AuditedItem[]>;
}

/** Bytes of reference rows that are kept. */
const CACHE = { maxEntries: 100_000, maxBytes: 64 * 1024 * 1024, ttlMs: 600_000, absentTtlMs: 60_000, now: Date.now };

/** Most time that one look at reference rows takes, waits included. */
const LOOKUP_BUDGET_MS = 60_000;

/**
 * Prepares an audit.
 *
 * @param declared what `defineProjection` returned
 * @param execute as a user who may read the framework's tables and those of the projection
 * @throws DatabaseError when the catalog cannot be read
 */
export async function createAudit(declared: AnyProjection, execute: Execute): Promise<Audit> {
  const compiled = compileProjection(declared);
  const { projection, step, lookupSql } = compiled;
  const tables = await auditedTables(execute, projection);
  const engine: AuditEngine = {
    compiled,
    execute,
    functionName: declared.name,
    fatesSql: compileFates(step.ownLedger),
    rowsSql: compileRowAudit(projection, tables),
    countsWholeRows: new Set(tables.filter(({ comparison }) => comparison.by === 'row').map(({ table }) => table)),
    reading: {
      lookups: projection.lookups,
      cache: createLruLookupCache(CACHE),
      source: createDataApiLookupSource((sql, parameters) => execute(sql, textsOf(parameters)), lookupSql, projection.lookups),
      maxKeyBytes: DATA_API_MAX_REQUEST_BYTES - compiled.fixedRequestBytes,
    },
  };
  return {
    functionName: declared.name,
    tables,
    audit: async (records, isCompared) => auditBatch(await project(records, engine), engine, isCompared),
  };
}

interface AuditEngine {
  readonly compiled: CompiledProjection;
  readonly execute: Execute;
  readonly functionName: string;
  readonly fatesSql: string;
  readonly rowsSql: string | undefined;
  /** Tables whose rows nothing but their content tells apart. */
  readonly countsWholeRows: ReadonlySet<string>;
  readonly reading: LookupReading;
}

function textsOf(parameters: Parameters<typeof parameterText>[0] extends infer V ? Readonly<Record<string, V>> : never) {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, parameterText(value)]));
}

/** Decodes, looks up and projects as the engine does, all in one round, without the records that would end the process. */
async function project(received: readonly KinesisRecord[], engine: AuditEngine): Promise<EncodedBatch> {
  const { compiled, reading } = engine;
  const records = await withKillers(received, engine);
  const decoded = await decodeRecords(records, compiled.projection);
  const deadlineMs = performance.now() + LOOKUP_BUDGET_MS;
  const calls = {
    clock: { now: Date.now, monotonicMs: () => performance.now(), sleep: () => Promise.resolve(), random: () => 0 },
    budgetMs: () => deadlineMs - performance.now(),
    tally: { calls: 0, errors: 0 },
  };
  const { items, resolved, asked } = await resolveLookups(decoded, { plan: compiled.projection, reading }, calls);
  const encoding = {
    shardId: shardOf(records),
    codeVersion: 'audit',
    maxItemBytes: DATA_API_MAX_REQUEST_BYTES - compiled.fixedRequestBytes,
    keepsPlace: false,
  };
  return projectItems(items as readonly DecodedItem[], compiled.step, { resolved, asked, encoding });
}

function shardOf(records: readonly KinesisRecord[]): string {
  return shardIdOf(records[0]?.eventID ?? '');
}

async function withKillers(
  records: readonly KinesisRecord[],
  { execute, functionName }: AuditEngine,
): Promise<readonly KinesisRecord[]> {
  const sequenceNumbers = records.map(({ kinesis }) => kinesis.sequenceNumber);
  const { rows } = await execute(KILLERS_SQL, {
    [WRITE_PARAMETERS.functionName]: functionName,
    shard_id: shardOf(records),
    first: sequenceNumbers[0] ?? '0',
    last: sequenceNumbers.at(-1) ?? '0',
  });
  const killers = new Set(rows.map(([field]) => field?.stringValue));
  if (killers.size === 0) return records;
  const condemned = { detail: 'it is in the quarantine because it ends the process' };
  return records.map((record) => (killers.has(record.kinesis.sequenceNumber) ? { ...record, condemned } : record));
}

/** A statement's answer holds 1 MiB, its request four; a single event may take all of the latter. */
const CHUNK = { maxItems: 500, maxBytes: 1024 * 1024 } as const;

async function auditBatch(
  { items, rows }: EncodedBatch,
  engine: AuditEngine,
  isCompared: (recordIndex: number) => boolean,
): Promise<readonly AuditedItem[]> {
  const audited: AuditedItem[] = [];
  const seen = new Set<string>();
  for (const chunk of chunksOf(items)) {
    const places = await findPlaces(chunk, engine);
    const found = chunk.map((item, index) => judge(item, places[index] ?? NO_PLACE));
    // Of events with one id, the first that was accepted has the effect.
    const compared = chunk.filter((item, index): item is EncodedEvent => {
      if (item.kind !== 'event' || found[index]?.fate !== 'in-effect' || !isCompared(item.origin.recordIndex)) return false;
      const isFirst = !seen.has(item.eventId);
      seen.add(item.eventId);
      return isFirst;
    });
    const faults = await compareRows(compared, rows, engine);
    for (const [index, item] of chunk.entries()) {
      const own = item.kind === 'event' ? (faults.get(item.n) ?? []) : [];
      const one = found[index];
      if (one !== undefined) audited.push(own.length === 0 ? one : { ...one, faults: [...one.faults, ...own] });
    }
  }
  return audited;
}

function* chunksOf(items: readonly EncodedItem[]): Generator<readonly EncodedItem[]> {
  let [chunk, bytes]: [EncodedItem[], number] = [[], 0];
  for (const item of items) {
    const size = item.kind === 'event' ? item.bytes : 0;
    if (chunk.length > 0 && (chunk.length >= CHUNK.maxItems || bytes + size > CHUNK.maxBytes)) {
      yield chunk;
      [chunk, bytes] = [[], 0];
    }
    chunk.push(item);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

/** What the framework's tables say of an item. */
interface FoundPlace {
  readonly isInLedger: boolean;
  readonly entry: Entry | undefined;
  readonly isOpenElsewhere: boolean;
}

interface Entry {
  readonly reason: string;
  readonly isApplied: boolean;
  readonly isPutBack: boolean;
  readonly waits: boolean;
  readonly eventId: string | null;
}

const NO_PLACE: FoundPlace = { isInLedger: false, entry: undefined, isOpenElsewhere: false };

async function findPlaces(
  chunk: readonly EncodedItem[],
  { execute, functionName, fatesSql }: AuditEngine,
): Promise<readonly FoundPlace[]> {
  const asked = chunk.map((item) => {
    const { shardId, sequenceNumber, subSequenceNumber } = item.origin;
    return [eventIdOf(item), shardId, sequenceNumber, subSequenceNumber];
  });
  const { rows } = await execute(fatesSql, {
    [WRITE_PARAMETERS.functionName]: functionName,
    [AUDITED_ITEMS]: JSON.stringify(asked),
  });
  return rows.map(([inLedger, entry, openElsewhere]) => ({
    isInLedger: inLedger?.booleanValue === true,
    entry: entry?.stringValue === undefined ? undefined : readEntry(entry.stringValue),
    isOpenElsewhere: openElsewhere?.booleanValue === true,
  }));
}

function readEntry(json: string): Entry {
  const [, reason, isApplied, isPutBack, waits, eventId] = JSON.parse(json) as [
    string,
    string,
    boolean,
    boolean,
    boolean,
    string | null,
  ];
  return { reason, isApplied, isPutBack, waits, eventId };
}

function eventIdOf(item: EncodedItem): string | null {
  if (item.kind === 'event') return item.eventId;
  return item.kind === 'rejection' ? (item.rejection.eventId ?? null) : null;
}

function judge(item: EncodedItem, place: FoundPlace): AuditedItem {
  const { recordIndex, subSequenceNumber } = item.origin;
  const { isInLedger, entry, isOpenElsewhere } = place;
  const common = { recordIndex, subSequenceNumber, eventId: eventIdOf(item) ?? entry?.eventId ?? null };
  if (isInLedger || (entry?.isApplied === true && entry.eventId === null)) {
    const faults = isOpenElsewhere ? [{ kind: 'also-quarantined' } as const] : [];
    return { ...common, fate: 'in-effect', reason: null, faults };
  }
  if (entry !== undefined && !entry.isApplied) return { ...common, fate: fateOf(entry), reason: entry.reason, faults: [] };
  if (item.kind === 'skip') return { ...common, fate: 'skipped', reason: item.reason, faults: [] };
  const reason = item.kind === 'rejection' ? item.rejection.reason : null;
  return { ...common, fate: 'nowhere', reason, faults: [] };
}

function fateOf({ isPutBack, waits }: Entry): Fate {
  if (isPutBack) return 'put-back';
  return waits ? 'waiting' : 'quarantined';
}

type Faults = ReadonlyMap<number, readonly AuditFault[]>;

async function compareRows(
  events: readonly EncodedEvent[],
  rows: EncodedBatch['rows'],
  { compiled, execute, functionName, rowsSql, countsWholeRows }: AuditEngine,
): Promise<Faults> {
  if (rowsSql === undefined || events.length === 0) return new Map();
  const given = Array.from({ length: compiled.tableCount }, (_, list) => {
    const texts = events.map(({ n }) => parameterText(rows.read(list, n, n)).slice(1, -1));
    return [WRITE_PARAMETERS.rows(list), `[${texts.filter((text) => text !== '').join(',')}]`] as const;
  });
  const parameters = [...given, [WRITE_PARAMETERS.functionName, functionName] as const];
  const used = parameters.filter(([name]) => rowsSql.includes(`:${name}::`));
  const { rows: found } = await execute(rowsSql, Object.fromEntries(used));
  const lists = givenTables(compiled.projection.tables).map(([name]) => name);
  const faults = new Map<number, AuditFault[]>();
  for (const [table, number, kind] of found) {
    const [name = '', n = -1] = [table?.stringValue, number?.longValue];
    const fault = { kind: kind?.stringValue as RowFault, table: name };
    const event = events.find((one) => one.n === n);
    // Another event may have given the same row.
    const isProof = fault.kind !== 'row-twice' || !countsWholeRows.has(name) || holdsId(event, given[lists.indexOf(name)]?.[1]);
    if (isProof) faults.set(n, [...(faults.get(n) ?? []), fault]);
  }
  return faults;
}

function holdsId(event: EncodedEvent | undefined, rows = '[]'): boolean {
  if (event === undefined) return false;
  const own = (JSON.parse(rows) as readonly (readonly unknown[])[]).filter(([n]) => n === event.n);
  return own.every((cells) => cells.includes(event.eventId));
}
