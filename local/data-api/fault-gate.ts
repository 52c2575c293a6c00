import { setTimeout as sleep } from 'node:timers/promises';
import { DataApiError } from './data-api-error.ts';
import type { ClusterPower } from './cluster-power.ts';
import type { Fault, FaultCall, FaultDecider } from './faults.ts';
import { DROP_CONNECTION } from './request-listener.ts';

/** What every call passes before and after its work. */
export interface FaultGateOptions {
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly decide: FaultDecider | undefined;
  readonly power: ClusterPower;
}

/** Slows calls down and lets them fail, as told. The settings may change while calls are on their way. */
export class FaultGate {
  latencyMs: number;
  jitterMs: number;
  decide: FaultDecider | undefined;
  readonly #power: ClusterPower;

  constructor({ latencyMs, jitterMs, decide, power }: FaultGateOptions) {
    this.latencyMs = latencyMs;
    this.jitterMs = jitterMs;
    this.decide = decide;
    this.#power = power;
  }

  /** Lets one call pass: latency, then the fault it meets, if any, around its work. */
  async pass(call: FaultCall, work: () => Promise<string>): Promise<string | typeof DROP_CONNECTION> {
    const delayMs = this.latencyMs + this.jitterMs * Math.random();
    if (delayMs > 0) await sleep(delayMs);
    const fault = this.decide?.(call);
    return fault ? this.#meet(fault, work) : work();
  }

  async #meet(fault: Fault, work: () => Promise<string>): Promise<string | typeof DROP_CONNECTION> {
    switch (fault.kind) {
      case 'delay':
        await sleep(fault.delayMs);
        return work();
      case 'throttle':
        throw new DataApiError('ThrottlingException', 'Rate exceeded');
      case 'statement-timeout':
        throw new DataApiError('StatementTimeoutException', 'canceling statement due to statement timeout', {
          dbConnectionId: 0,
        });
      case 'resume':
        this.#power.resumeFor(fault.durationMs);
        return work();
      case 'drop-connection':
        if (fault.when === 'after') await work().catch(() => undefined);
        return DROP_CONNECTION;
      case 'error':
        // The work counts, also if it fails by itself: then that is the answer.
        if (fault.when === 'after') await work();
        throw new DataApiError(fault.name, fault.message ?? '');
    }
  }
}
