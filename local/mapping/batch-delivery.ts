import { LAMBDA_MAX_PAYLOAD_BYTES } from '../../contract/limits.ts';
import {
  beginResolution,
  nextStep,
  postpone,
  settleAttempt,
  type AttemptOutcome,
  type Delivery,
  type Discard,
  type Resolution,
} from './batch-resolution.ts';
import { createFailureDocument } from './failure-document.ts';
import type { MappingContext } from './mapping-context.ts';
import type { MappingFault } from './mapping-fault.ts';
import { invocationEvent, invocationEventBytes, type MappingRecord } from './mapping-record.ts';
import { readVerdict, type BatchVerdict } from './response-verdict.ts';
import { retryWaitMs } from './retry-backoff.ts';

type Records = readonly MappingRecord[];

/** Where a batch belongs, and what to tell when some of it is done. */
export interface DeliveryPlace {
  readonly shardId: string;
  readonly lane: number;
  /** Called with records that are processed or given up, in the order of the lane. */
  readonly onResolved: (records: Records) => void;
}

/** Delivers batches until each is resolved: carries out what {@link nextStep} and {@link settleAttempt} decide. */
export class BatchDelivery {
  readonly #context: MappingContext;
  readonly #place: DeliveryPlace;

  constructor(context: MappingContext, place: DeliveryPlace) {
    this.#context = context;
    this.#place = place;
  }

  /**
   * Delivers a batch. When the mapping stops, the attempt under way is waited for, a wait ends at once, and the rest
   * stays unresolved.
   */
  async deliver(records: Records): Promise<void> {
    const { settings, clock, newRequestId, signal } = this.#context;
    let resolution: Resolution = beginResolution(records);
    for (;;) {
      const next = nextStep(resolution, settings, { nowMs: clock.now(), newRequestId });
      resolution = next.resolution;
      if (next.step.kind === 'finished' || signal.aborted) return;
      switch (next.step.kind) {
        case 'discard':
          await this.#discard(next.step);
          break;
        case 'wait':
          await clock.sleep(Math.max(0, next.step.untilMs - clock.now()), signal);
          break;
        case 'invoke':
          resolution = await this.#deliverOnce(next.step.delivery, resolution);
      }
    }
  }

  async #deliverOnce(delivery: Delivery, resolution: Resolution): Promise<Resolution> {
    const verdict = await this.#attempt(delivery);
    const settled = settleAttempt(resolution, verdict, this.#context.settings);
    const waitMs = await this.#apply(settled.outcome, delivery);
    return postpone(settled.resolution, this.#context.clock.now() + waitMs);
  }

  async #attempt(delivery: Delivery): Promise<BatchVerdict> {
    const { shardId, lane } = this.#place;
    const { records, requestId } = delivery;
    const attempt = delivery.attempts + 1;
    const fault = this.#context.faults?.({ shardId, lane, requestId, attempt, records });
    const verdict = await this.#invoke(delivery, { attempt, fault, isDuplicate: false });
    if (fault?.kind === 'duplicate-delivery') {
      const again = { ...delivery, requestId: this.#context.newRequestId() };
      await this.#invoke(again, { attempt: 1, fault: undefined, isDuplicate: true });
    }
    return verdict;
  }

  async #invoke(
    { records, requestId }: Delivery,
    how: {
      readonly attempt: number;
      readonly fault: MappingFault | undefined;
      readonly isDuplicate: boolean;
    },
  ): Promise<BatchVerdict> {
    const { clock, observe } = this.#context;
    const bytes = invocationEventBytes(records);
    if (bytes > LAMBDA_MAX_PAYLOAD_BYTES) {
      return {
        kind: 'undeliverable',
        reason: `the event has ${bytes} bytes, more than ${LAMBDA_MAX_PAYLOAD_BYTES}`,
      };
    }
    const sentAtMs = clock.now();
    const { attempt, isDuplicate } = how;
    const iteratorAgeMs = Math.max(0, sentAtMs - (records.at(-1)?.arrivalMs ?? sentAtMs));
    const told = { ...this.#moment(records, requestId), iteratorAgeMs, isDuplicate };
    observe({ type: 'invoked', ...told, attempt });
    const verdict = await this.#verdictOf(records, requestId, how.fault);
    const finishedAtMs = clock.now();
    observe({ type: 'finished', ...told, atMs: finishedAtMs, verdict, durationMs: finishedAtMs - sentAtMs });
    return verdict;
  }

  async #verdictOf(records: Records, requestId: string, fault: MappingFault | undefined): Promise<BatchVerdict> {
    const { invoker, settings } = this.#context;
    const environmentFault = fault === undefined || fault.kind === 'duplicate-delivery' ? {} : { fault };
    const result = await invoker.invoke(invocationEvent(records), { requestId, ...environmentFault });
    return readVerdict(result, records, settings.reportBatchItemFailures);
  }

  /** Carries out what an attempt led to, and returns the wait before the next one in milliseconds. */
  async #apply(outcome: AttemptOutcome, { records, requestId }: Delivery): Promise<number> {
    const { observe } = this.#context;
    const told = this.#moment(records, requestId);
    switch (outcome.kind) {
      case 'success':
        this.#resolve(outcome.records, requestId);
        return 0;
      case 'partial':
        observe({ type: 'partial', ...told, remaining: outcome.remaining });
        this.#resolve(outcome.records, requestId);
        return 0;
      case 'bisected':
        observe({ type: 'bisected', ...told, first: outcome.first, second: outcome.second });
        return 0;
      case 'retry': {
        const waitMs = this.#waitMs(outcome.attempts);
        observe({ type: 'retried', ...told, attempts: outcome.attempts, waitMs });
        return waitMs;
      }
      case 'throttled': {
        const waitMs = this.#waitMs(outcome.throttles);
        observe({ type: 'throttled', ...told, throttles: outcome.throttles, waitMs });
        return waitMs;
      }
      case 'discard':
        await this.#discard(outcome);
        return 0;
    }
  }

  #resolve(records: Records, requestId: string): void {
    this.#context.observe({ type: 'resolved', ...this.#moment(records, requestId) });
    this.#place.onResolved(records);
  }

  /** The shard goes on whether or not the destination takes the records, as AWS's metrics imply. */
  async #discard(discard: Discard): Promise<void> {
    const { clock, observe, identity, source } = this.#context;
    const { shardId } = this.#place;
    const discardedAtMs = clock.now();
    const document = createFailureDocument(
      discard,
      { shardId, streamArn: source.streamArn, ...identity },
      discardedAtMs,
    );
    const destination = await this.#deliverFailure({
      mappingUuid: identity.uuid,
      shardId,
      discardedAtMs,
      document,
      event: () => invocationEvent(discard.records),
    });
    const told = this.#moment(discard.records, discard.requestId);
    observe({ type: 'discarded', ...told, condition: discard.condition, document, destination });
    this.#place.onResolved(discard.records);
  }

  async #deliverFailure(
    failure: Parameters<NonNullable<MappingContext['onFailure']>['deliver']>[0],
  ): Promise<'delivered' | 'failed' | 'none'> {
    const { onFailure } = this.#context;
    if (onFailure === undefined) return 'none';
    try {
      await onFailure.deliver(failure);
      return 'delivered';
    } catch {
      return 'failed';
    }
  }

  #waitMs(failures: number): number {
    return retryWaitMs(failures, this.#context.pace.retryBackoff, this.#context.random);
  }

  #moment(records: Records, requestId: string) {
    const { shardId, lane } = this.#place;
    return { shardId, lane, requestId, records, atMs: this.#context.clock.now() };
  }
}
