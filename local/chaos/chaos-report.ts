import { FAULTS, kindsOf, type FaultKind } from './faults/fault-kind.ts';
import type { ChaosResult } from './run-chaos.ts';

/** What a number of runs came to, as `--report` writes it. */
export interface ChaosReport {
  readonly runs: number;
  readonly clean: number;
  /** Runs that read from the Kinesis emulator. */
  readonly onEmulator: number;
  /** Records put on the streams. */
  readonly records: number;
  readonly seconds: number;
  /** Faults that happened, by kind, and those of them in runs that ended clean. */
  readonly faults: Readonly<Record<FaultKind, { readonly injected: number; readonly survived: number }>>;
  /** The runs that broke a promise. */
  readonly broken: readonly ChaosResult[];
}

const FAULT_KINDS = kindsOf(FAULTS);

/** Puts the results of runs together. */
export function createChaosReport(results: readonly ChaosResult[]): ChaosReport {
  const clean = results.filter(({ violations }) => violations.length === 0);
  const faults = FAULT_KINDS.map((kind) => [kind, { injected: count(results, kind), survived: count(clean, kind) }]);
  return {
    runs: results.length,
    clean: clean.length,
    onEmulator: results.filter(({ source }) => source === 'kinesis').length,
    records: sum(results.map(({ records }) => records)),
    seconds: Math.round(sum(results.map(({ seconds }) => seconds))),
    faults: Object.fromEntries(faults) as ChaosReport['faults'],
    broken: results.filter(({ violations }) => violations.length > 0),
  };
}

/** One line about a run. */
export function describeChaosRun({ seed, source, records, faults, violations, seconds }: ChaosResult): string {
  const injected = sum(Object.values(faults));
  const verdict = violations.length === 0 ? 'clean' : 'BROKEN';
  const line = `seed ${seed}: ${verdict}, ${records} records from ${source}, ${injected} faults, ${seconds.toFixed(1)} s`;
  return [line, ...violations.map((violation) => `  ${violation}`)].join('\n');
}

/** The table at the end. */
export function describeChaosReport(report: ChaosReport): string {
  const width = Math.max(...FAULT_KINDS.map((kind) => kind.length));
  const rows = FAULT_KINDS.map((kind) => {
    const { injected, survived } = report.faults[kind];
    return `  ${kind.padEnd(width)}  ${String(injected).padStart(6)}  ${String(survived).padStart(8)}`;
  });
  return [
    `${report.clean} of ${report.runs} runs clean: ${report.records.toLocaleString('en-US')} records, ` +
      `${report.onEmulator} runs on the Kinesis emulator, ${report.seconds} s`,
    `  ${'fault'.padEnd(width)}  injected  survived`,
    ...rows,
    ...report.broken.map(({ seed }) => `again: npm run chaos -- --runs 1 --seed ${seed}`),
  ].join('\n');
}

function count(results: readonly ChaosResult[], kind: FaultKind): number {
  return sum(results.map(({ faults }) => faults[kind] ?? 0));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
