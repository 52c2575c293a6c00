import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { GetEventSourceMappingCommand, type EventSourceMappingConfiguration } from '@aws-sdk/client-lambda';
import { bundleFunction } from '../../build/bundle-function.ts';
import { AuditEndedError, openAudit, type OpenAudit } from '../../build/open-audit.ts';
import { createEventFilter, type FilterPattern } from '../../kinesis/filter/event-filter.ts';
import { listShards } from '../../kinesis/list-shards.ts';
import { readShard } from '../../kinesis/read-shard.ts';
import { listFailures } from '../../kinesis/unread-failures.ts';
import { OPS_EXIT_CODES, type OpsExitCode } from '../exit-codes.ts';
import type { OpsConsole } from '../ops-console.ts';
import { chooseFunction } from '../stack/choose-function.ts';
import type { Target } from '../stack/open-target.ts';
import { readConsumerPositions, type ConsumerPositions } from './consumer-positions.ts';
import { describeVerify, type VerifyReport } from './describe-verify.ts';
import { findGivenUp } from './given-up-records.ts';
import { checkStack } from './stack-checks.ts';
import { Tally } from './tally.ts';
import type { VerifyCommandOptions } from './verify-command.ts';
import { VerifyProgress } from './verify-progress.ts';
import type { AskAudit, AuditedRecord, Suspect, VerifiedShard, VerifyOptions } from './verify-shards.ts';
import { verifyShard } from './verify-shards.ts';

/** Shards that are read at a time: each has limits of its own, and all ask one database. */
const SHARDS_AT_A_TIME = 4;

/** A lane may be at work on a record while the others are past it; by then it has committed, or its hold is noted. */
const SECOND_LOOK_MS = 3_000;

/**
 * Verifies that every record of the stream is in one of the places where it may be, and that the stack is as it was deployed.
 *
 * @returns `fine` when all of it is, `found` when records are not processed so far, `needsPerson` when something is missing
 *   or wrong, and `cannotSee` when nobody can tell
 * @throws {@link UsageError} for an option that does not fit the stack
 */
export async function runVerify(
  target: Target,
  options: VerifyCommandOptions,
  { say, progress, signal }: OpsConsole,
): Promise<OpsExitCode> {
  const folder = await chooseFunction(options.function, target.stack.stackName);
  progress('building the projection');
  await using audit = await openAudit(folder, target.execute);
  const verification = new Verification({ target, options, audit, progress, signal });
  const found = await verification.run();
  progress('checking the stack');
  const checks = await checkStack({
    outputs: target.stack.outputs,
    isLocal: target.isLocal,
    folder,
    builtVersion: async () => (await bundleFunction(folder.entry)).buildVersion,
    lambda: () => target.client('lambda'),
    sns: () => target.client('sns'),
    execute: target.execute,
  });
  const report: VerifyReport = {
    stack: target.stack.stackName,
    function: audit.functionName,
    since: options.since ?? null,
    until: options.until ?? null,
    tables: audit.tables,
    checks,
    isInterrupted: signal.aborted,
    ...found,
    verdict: verdictOf({ ...found, checks, isInterrupted: signal.aborted }),
  };
  if (options.json) say(JSON.stringify(report, null, 2));
  else for (const line of describeVerify(report)) say(line);
  return EXIT_CODES[report.verdict];
}

const EXIT_CODES: Readonly<Record<VerifyReport['verdict'], OpsExitCode>> = {
  verified: OPS_EXIT_CODES.fine,
  'not-reached': OPS_EXIT_CODES.found,
  wrong: OPS_EXIT_CODES.needsPerson,
  unknown: OPS_EXIT_CODES.cannotSee,
};

type Found = Pick<VerifyReport, 'counts' | 'findings' | 'repeats' | 'shards'>;

function verdictOf({
  counts,
  checks,
  isInterrupted,
}: Pick<VerifyReport, 'counts' | 'checks' | 'isInterrupted'>): VerifyReport['verdict'] {
  if (counts.findings > counts.places.unknown || checks.some(({ state }) => state === 'wrong')) return 'wrong';
  if (isInterrupted || counts.places.unknown > 0 || checks.some(({ state }) => state === 'unknown')) return 'unknown';
  return counts.places['not-reached'] > 0 ? 'not-reached' : 'verified';
}

interface VerificationParts {
  readonly target: Target;
  readonly options: VerifyCommandOptions;
  readonly audit: OpenAudit;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** One verification: what it has counted, and who it asks. */
class Verification {
  readonly #parts: VerificationParts;
  readonly #tally = new Tally();
  readonly #readUpTo = new Map<string, number>();
  /** The thread answers one question at a time. */
  #lastQuestion: Promise<unknown> = Promise.resolve();
  #records = 0;

  constructor(parts: VerificationParts) {
    this.#parts = parts;
  }

  async run(): Promise<Found> {
    const { target, audit, progress } = this.#parts;
    const { StreamArn: streamArn, MappingId: mappingId } = target.stack.outputs;
    progress('reading the shards');
    const kinesis = await target.client('kinesis');
    const shardIds = await listShards(kinesis, streamArn);
    // The commit first, the stream after: what is committed meanwhile only counts as not reached.
    const positions = await readConsumerPositions(target.execute, audit.functionName, shardIds);
    const lambda = await target.client('lambda');
    const mapping = await lambda.send(new GetEventSourceMappingCommand({ UUID: mappingId }));
    const settings = this.#settings(mapping, positions);
    const shards = [...positions.shards].map(([shardId, position]): VerifiedShard => ({ shardId, position }));
    const spans = new Map(shards.map((shard) => [shard.shardId, this.#span(shard, positions)]));
    const shown = new VerifyProgress(spans, progress);
    const untilOf = ({ shardId }: VerifiedShard): number => spans.get(shardId)?.untilMs ?? 0;
    const suspects = await inParallel(shards, async (shard) => {
      const found = await verifyShard(shard, {
        ...settings,
        read: (one) => readShard({ ...this.#reading(streamArn, one), client: kinesis, untilMs: untilOf(one) }),
        onRead: (shardId, arrivedAtMs) => {
          this.#readUpTo.set(shardId, arrivedAtMs);
          shown.read(shardId, arrivedAtMs, this.#records);
        },
      });
      shown.finished(shard.shardId, this.#records);
      return found;
    });
    await this.#lookAgain(suspects.flat());
    return {
      counts: this.#tally.counts(),
      findings: this.#tally.findings,
      repeats: this.#tally.repeats,
      shards: shards.map(({ shardId, position }) => ({
        shardId,
        readUpTo: isoTime(this.#readUpTo.get(shardId)),
        committedUpTo: isoTime(position.committed?.arrivedAtMs),
      })),
    };
  }

  #settings(
    mapping: EventSourceMappingConfiguration,
    { deployedAtMs }: ConsumerPositions,
  ): Omit<VerifyOptions, 'read' | 'onRead'> {
    const { options } = this.#parts;
    const { StartingPosition: start, StartingPositionTimestamp: time, FilterCriteria: filters } = mapping;
    return {
      audit: this.#ask,
      tally: this.#tally,
      passesFilters: createFilter((filters?.Filters ?? []).flatMap(({ Pattern }) => Pattern ?? [])),
      startMs: start === 'LATEST' ? deployedAtMs : time?.getTime(),
      goesBeyond: options.until !== undefined,
      every: options.sample,
    };
  }

  #reading(streamArn: string, { shardId }: VerifiedShard) {
    const { options, signal } = this.#parts;
    const sinceMs = options.since === undefined ? undefined : Date.parse(options.since);
    return { streamArn, shardId, sinceMs, share: options.readShare / 100, signal };
  }

  /** Arrivals between which a shard is read; the consumer's position, where no end is given. */
  #span({ position }: VerifiedShard, { deployedAtMs = 0 }: ConsumerPositions) {
    const { since, until } = this.#parts.options;
    const untilMs = until === undefined ? (position.committed?.arrivedAtMs ?? 0) : Date.parse(until);
    return { sinceMs: since === undefined ? Math.min(deployedAtMs, untilMs) : Date.parse(since), untilMs };
  }

  readonly #ask: AskAudit = (records, compared) => {
    const { audit } = this.#parts;
    const asked = this.#lastQuestion.then(async () => {
      this.#records += records.length;
      try {
        return await audit.audit(records, compared);
      } catch (error) {
        if (error instanceof AuditEndedError) return undefined;
        throw error;
      }
    });
    this.#lastQuestion = asked.catch(() => undefined);
    return asked;
  };

  /** What is nowhere is looked for once more, and then in the on-failure bucket. */
  async #lookAgain(suspects: readonly Suspect[]): Promise<void> {
    if (suspects.length === 0) return;
    const { progress, signal } = this.#parts;
    progress(`looking again for ${suspects.length} events that were not found`);
    await sleep(SECOND_LOOK_MS, undefined, { signal }).catch(() => undefined);
    const still = [];
    for (const suspect of suspects) {
      const items = (await this.#ask([suspect.record], [true])) ?? [];
      const item = items.find(({ subSequenceNumber }) => subSequenceNumber === suspect.item.subSequenceNumber);
      if (item === undefined || item.fate === 'nowhere') still.push(suspect);
      else this.#tally.add(suspect.event, item.fate, { item, isCompared: true });
    }
    const givenUp = await this.#givenUp(still);
    for (const { event, item } of still) {
      this.#tally.add(event, givenUp.has(nameOf(event)) ? 'bucket' : 'missing', { item, isCompared: false });
    }
  }

  async #givenUp(suspects: readonly Suspect[]): Promise<ReadonlySet<string>> {
    const { target, progress } = this.#parts;
    const { failedBatchesBucket: bucket, outputs } = target.stack;
    if (bucket === undefined || suspects.length === 0) return new Set();
    progress('reading the on-failure bucket');
    const client = await target.client('s3');
    const prefix = 'aws/lambda/';
    return findGivenUp(
      {
        keys: () => listFailures(client, { bucket, prefix }),
        read: async (key) => {
          const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
          return (await body?.transformToString()) ?? '';
        },
      },
      { wanted: new Set(suspects.map(({ event }) => nameOf(event))), streamArn: outputs.StreamArn },
    );
  }
}

function nameOf({ shardId, sequenceNumber }: Suspect['event']): string {
  return `${shardId} ${sequenceNumber}`;
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

function createFilter(patterns: readonly string[]): (record: AuditedRecord) => boolean {
  const passes = createEventFilter(patterns.map((pattern) => JSON.parse(pattern) as FilterPattern));
  return ({ kinesis: { approximateArrivalTimestamp, ...record } }) =>
    passes({ ...record, approximateArrivalMs: 1000 * approximateArrivalTimestamp });
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const waiting = [...items];
  const results: R[] = [];
  const lanes = Array.from({ length: SHARDS_AT_A_TIME }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) results.push(await work(item));
  });
  await Promise.all(lanes);
  return results;
}
