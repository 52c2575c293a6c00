import { DatabaseError, sqlStateKind } from '../../data-api/classify-error.ts';
import { adviceFor } from '../../data-api/failure-advice.ts';
import type { Calls } from '../call-with-retry.ts';
import { callWithRetry, HoldError } from '../call-with-retry.ts';
import type { BuildHistory, FuseMemory, HeldBuild, HeldExample } from '../ports.ts';
import type { EncodedRejection } from './encode-rejection.ts';
import type { BatchEvidence, FuseSettings, FuseVerdict } from './fuse.ts';
import { FUSE_OFF_PERCENT, judge } from './fuse.ts';

/** What the fuse of a batch works with. */
export interface BatchFuseParts {
  readonly settings: FuseSettings;
  readonly memory: FuseMemory;
  readonly calls: Calls;
  readonly shardId: string;
  /** Build that gives the verdicts. */
  readonly codeVersion: string;
}

/** A batch whose rejections ask to be let into the quarantine. */
export interface QuarantineRequest {
  /** Events that have a verdict, or are taken for accepted. */
  readonly events: number;
  readonly rejections: readonly EncodedRejection[];
  /** Events of the batch that the database has taken so far. */
  readonly taken: number;
  /** Events of these that were in effect already. */
  readonly repeated: number;
  /** False while the search for rejected events goes on: what comes later may still be taken. */
  readonly isFinal: boolean;
}

/** Why rejections may not go to the quarantine. */
interface Judgement {
  readonly verdict: Exclude<FuseVerdict, 'quarantine'>;
  readonly evidence: BatchEvidence;
  readonly judged: readonly EncodedRejection[];
}

/**
 * The fuse as one batch meets it. A batch without rejections never asks; one with rejections asks the database once
 * what it remembers of the build.
 */
export class BatchFuse {
  readonly #parts: BatchFuseParts;
  #history: BuildHistory | undefined;
  #hold: HoldError | undefined;

  constructor(parts: BatchFuseParts) {
    this.#parts = parts;
  }

  /** The verdict that ended the batch, if one did. */
  get hold(): HoldError | undefined {
    return this.#hold;
  }

  /**
   * Lets the rejections of a batch into the quarantine, or notes why the build is held and throws.
   *
   * @throws {@link HoldError} when nothing of the batch may be quarantined, or when the memory can't be read
   */
  async admit(request: QuarantineRequest): Promise<void> {
    const judgement = await this.#judge(request);
    if (judgement === undefined) return;
    this.#hold = await this.#holdBecause(judgement);
    throw this.#hold;
  }

  /**
   * Whether the rejections would be let into the quarantine. Nothing is noted, and nothing is held.
   *
   * @throws {@link HoldError} when the memory can't be read
   */
  async admits(request: QuarantineRequest): Promise<boolean> {
    return (await this.#judge(request)) === undefined;
  }

  /** What speaks against the rejections; undefined when they may go to the quarantine. */
  async #judge(request: QuarantineRequest): Promise<Judgement | undefined> {
    if (!this.#mayHold(request)) return undefined;
    const history = await this.#remember();
    const { allowedUntilMs = -Infinity } = history;
    const judged = request.rejections.filter(({ origin }) => origin.arrivedAtMs > allowedUntilMs);
    if (judged.length === 0) return undefined;
    const evidence = evidenceOf(request, judged);
    const verdict = history.held?.isBlown === true ? 'blow' : judge(evidence, history.recent, this.#parts.settings);
    return verdict === 'quarantine' ? undefined : { verdict, evidence, judged };
  }

  #mayHold({ rejections }: QuarantineRequest): boolean {
    return this.#parts.settings.thresholdPercent === FUSE_OFF_PERCENT
      ? rejections.some(isRefusal)
      : rejections.length > 0;
  }

  /** Deletes the note of why the build was held, because its rejections have passed. If that fails, a later batch tries. */
  async release(): Promise<void> {
    const { memory, calls } = this.#parts;
    const held = this.#history?.held;
    if (held === undefined || held.isBlown) return;
    try {
      await callWithRetry((options) => memory.release(options), calls);
    } catch (error) {
      if (!(error instanceof HoldError) && !(error instanceof DatabaseError)) throw error;
    }
  }

  async #remember(): Promise<BuildHistory> {
    const { memory, settings, calls } = this.#parts;
    this.#history ??= await callWithRetry((options) => memory.read(settings.minEvents, options), calls);
    return this.#history;
  }

  async #holdBecause({ verdict, evidence, judged }: Judgement): Promise<HoldError> {
    const known = this.#history?.held;
    const example = verdict === 'refuses-all' ? judged.find(isRefusal) : judged[0];
    if (example === undefined) throw new RangeError('a verdict without a rejection');
    const isBlown = verdict === 'blow';
    const isNoted = known !== undefined && (known.isBlown || !isBlown);
    const held = isNoted ? known : await this.#note(evidence, example, isBlown);
    return verdict === 'refuses-all'
      ? new HoldError('configuration', describeRefusal(held, example.rejection.sqlState, this.#parts))
      : new HoldError('fuse', describeFuse(held, this.#parts));
  }

  #note(
    { events, rejected }: BatchEvidence,
    { origin, rejection: { reason, detail, sqlState } }: EncodedRejection,
    isBlown: boolean,
  ): Promise<HeldBuild> {
    const { memory, calls, shardId } = this.#parts;
    const { sequenceNumber } = origin;
    const held = { isBlown, rejected, events, example: { reason, detail, sqlState }, shardId, sequenceNumber };
    return callWithRetry((options) => memory.hold(held, options), calls);
  }
}

function isRefusal({ rejection: { sqlState } }: EncodedRejection): boolean {
  return sqlState !== undefined && sqlStateKind(sqlState) === 'refused';
}

/** The evidence of a batch, without the rejections that an operator has allowed. */
function evidenceOf(
  { events: given, rejections, taken, repeated, isFinal }: QuarantineRequest,
  judged: readonly EncodedRejection[],
): BatchEvidence {
  const events = given - (rejections.length - judged.length);
  const byDatabase = judged.filter(({ rejection }) => rejection.reason === 'database').length;
  return {
    events,
    rejected: judged.length,
    newToDatabase: { events: events - (judged.length - byDatabase) - repeated, rejected: byDatabase },
    refused: judged.filter(isRefusal).length,
    fatal: judged.filter(({ rejection }) => rejection.reason === 'kills-function').length,
    taken,
    isFinal,
  };
}

const WAY_OUT = 'if the events are bad, let them into the quarantine with the command `ops fuse --allow`';

/** One line: how many of how many, since when, which build, an example, what to do. */
function describeFuse(held: HeldBuild, { settings, codeVersion }: BatchFuseParts): string {
  const { rejected, events, since, example, isBlown } = held;
  const why = isBlown
    ? 'a bad deploy is likelier than bad data, so the fuse has blown and nothing is quarantined'
    : `fewer than ${settings.minEvents} events of this build were seen, too few to rule out a bad deployment, so nothing is quarantined yet`;
  return (
    `${rejected} of ${count(events, 'event')} would be quarantined, more than ${settings.thresholdPercent} %, ` +
    `held since ${since}, build ${codeVersion}, for example ${describeExample(example)}: ${why}; ` +
    `roll back, or deploy a build that accepts these events; ${WAY_OUT}`
  );
}

function describeRefusal(held: HeldBuild, sqlState: string | undefined, { codeVersion }: BatchFuseParts): string {
  const code = sqlState ?? 'unknown';
  return (
    `the database refuses every event with SQLSTATE ${code}, ${held.rejected} of ` +
    `${count(held.events, 'event')}, held since ${held.since}, build ${codeVersion}: ` +
    `${adviceFor('DatabaseErrorException', sqlState)}; nothing is quarantined, and the processor resumes by itself once that is fixed; ` +
    WAY_OUT
  );
}

function count(n: number, noun: string): string {
  return n === 1 ? `${n} ${noun}` : `${n} ${noun}s`;
}

/** The property, column or lookup that a detail begins with; what comes behind it may quote the data. */
const SUBJECT = /^`([^`]+)`|^([^\s:]+): /;
/** What PostgreSQL names where a constraint is violated. */
const CONSTRAINED = /\b(?:column|constraint) "([^"]+)"/;

/** What is wrong with an event, in words that quote none of its values. */
function describeExample({ reason, detail, sqlState }: HeldExample): string {
  const found = (sqlState === undefined ? SUBJECT : CONSTRAINED).exec(detail);
  const subject = [sqlState, found?.[1] ?? found?.[2]].filter((part) => part !== undefined);
  return subject.length === 0 ? reason : `${reason} (${subject.map((part) => `\`${part}\``).join(', ')})`;
}
