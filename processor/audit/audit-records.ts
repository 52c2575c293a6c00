import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditedItem, AuditedTable } from '../../contract/audited-item.ts';
import { DATA_API_MAX_REQUEST_BYTES } from '../../contract/limits.ts';
import type { Execute } from '../../data-api/execute.ts';
import { parameterTexts } from '../../data-api/statement-body.ts';
import { compileProjection } from '../compile-projection.ts';
import { decodeRecords } from '../decode/decode-records.ts';
import type { KinesisRecord } from '../decode/item.ts';
import { shardOf } from '../decode/item.ts';
import { createDataApiLookupSource } from '../lookup/data-api-lookup-source.ts';
import { createLruLookupCache } from '../lookup/lru-lookup-cache.ts';
import type { LookupReading } from '../lookup/read-lookups.ts';
import { resolveLookups } from '../lookup/resolve-lookups.ts';
import type { EncodedBatch, EncodedEvent, EncodedItem } from '../project/project-items.ts';
import { projectItems } from '../project/project-items.ts';
import type { AnyProjection } from '../projection.ts';
import { ownLedgerOf } from '../tables/inserts.ts';
import { WRITE_PARAMETERS } from '../write-parameter-names.ts';
import { auditedTables } from './audited-tables.ts';
import { compareRows, type CompareOptions } from './compare-rows.ts';
import { compileFates, compileRowAudit, KILLERS_SQL } from './compile-audit.ts';
import { findPlaces, judge, type FindOptions } from './find-places.ts';

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
  const { projection, lookupSql } = compiled;
  const tables = await auditedTables(execute, projection);
  const engine: AuditEngine = {
    compiled,
    execute,
    functionName: declared.name,
    fatesSql: compileFates(ownLedgerOf(projection.tables, projection.ledger)),
    rowsSql: compileRowAudit(projection, tables),
    countsWholeRows: new Set(tables.filter(({ comparison }) => comparison.by === 'row').map(({ table }) => table)),
    reading: {
      lookups: projection.lookups,
      cache: createLruLookupCache(CACHE),
      source: createDataApiLookupSource(
        (sql, parameters) => execute(sql, parameterTexts(parameters)),
        lookupSql,
        projection.lookups,
      ),
      maxKeyBytes: DATA_API_MAX_REQUEST_BYTES - compiled.fixedRequestBytes,
    },
  };
  return {
    functionName: declared.name,
    tables,
    audit: async (records, isCompared) => auditBatch(await project(records, engine), engine, isCompared),
  };
}

interface AuditEngine extends FindOptions, CompareOptions {
  readonly reading: LookupReading;
}

/** Decodes, looks up and projects as the engine does, all in one round, without the records that would end the process. */
async function project(received: readonly KinesisRecord[], engine: AuditEngine): Promise<EncodedBatch> {
  const { compiled, reading } = engine;
  const records = await withKillers(received, engine);
  const decoded = await decodeRecords(records, compiled.projection);
  const deadlineMs = performance.now() + LOOKUP_BUDGET_MS;
  const calls = {
    clock: { now: Date.now, monotonicMs: () => performance.now(), sleep: (ms: number) => sleep(ms), random: () => 0 },
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
  return projectItems(items, compiled.step, { resolved, asked, encoding });
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
    const found = chunk.map((item, index) => judge(item, places[index]));
    // Of events with one id, the first that was accepted has the effect.
    const compared = chunk.filter((item, index): item is EncodedEvent => {
      if (item.kind !== 'event' || found[index]?.fate !== 'in-effect' || !isCompared(item.origin.recordIndex))
        return false;
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
