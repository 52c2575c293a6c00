import { describeEffect, type RedriveEffect } from './await-effect.ts';
import type { RedriveOptions } from './redrive-command.ts';
import type { RedriveItem } from './redrive-source.ts';
import { describeReasons, ObjectSummary, type ReasonSummary } from './redrive-summary.ts';
import type { RedriveReport } from './redrive.ts';

type Shown = Pick<RedriveOptions, 'apply' | 'details' | 'payload' | 'json'>;

/** What a redrive tells: how many there are for each reason, each item where that is asked for, and what came of it. */
export class RedriveListing {
  /** By reason, where it is known beforehand: told before the first item. */
  reasons: readonly ReasonSummary[] | undefined;
  /** Items so far. */
  items = 0;
  readonly #objects = new ObjectSummary();
  readonly #entries: RedriveItem['summary'][] = [];
  readonly #shown: Shown;
  readonly #say: (line: string) => void;
  #hasBegun = false;

  /**
   * Begins without an item.
   *
   * @param shown what is asked for
   * @param say takes a line of the answer
   */
  constructor(shown: Shown, say: (line: string) => void) {
    this.#shown = shown;
    this.#say = say;
  }

  /** Takes items as they are found, or put back. */
  add(items: readonly RedriveItem[]): void {
    this.#begin();
    this.items += items.length;
    this.#objects.add(items);
    if (!this.listsEach) return;
    for (const { summary } of items) {
      if (this.#shown.json) this.#entries.push(summary);
      else this.#say(describeItem(summary));
    }
  }

  /** Tells what came of it. */
  finish(report: RedriveReport, effect: RedriveEffect | undefined): void {
    const { apply: isApplied, json } = this.#shown;
    const reasons = this.reasons ?? this.#objects.reasons;
    if (json) {
      const entries = this.listsEach ? { entries: this.#entries } : {};
      this.#say(JSON.stringify({ ...report, isApplied, reasons, ...entries, effect }, null, 2));
      return;
    }
    this.#begin();
    const isTold = this.reasons !== undefined;
    const hasMore = !isApplied && this.items > 0 && !this.listsEach;
    const lines = [
      ...(isTold ? [] : describeReasons(reasons)),
      ...describeReport(report, isApplied),
      ...(effect === undefined ? [] : [describeEffect(effect)]),
      ...(hasMore ? ['Add --details to list each of them, --payload to show the contents as well.'] : []),
    ];
    for (const line of lines) this.#say(line);
  }

  /** Whether each item is asked for. */
  get listsEach(): boolean {
    return this.#shown.details || this.#shown.payload !== undefined;
  }

  #begin(): void {
    if (this.#hasBegun || this.#shown.json) return;
    this.#hasBegun = true;
    for (const line of describeReasons(this.reasons ?? [])) this.#say(line);
  }
}

function describeItem(summary: RedriveItem['summary']): string {
  return Object.entries(summary)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? oneLine(value) : String(value)}`)
    .join('  ');
}

function oneLine(text: string): string {
  return /[\s"]/.test(text) ? JSON.stringify(text) : text;
}

function describeReport({ items, records, refused, isInterrupted }: RedriveReport, isApplied: boolean): string[] {
  const done = isApplied
    ? `${items} put back as ${records} records and marked`
    : `${items} would be put back; nothing was changed, add --apply to do it`;
  return [
    ...refused.map(({ id, problem }) => `refused ${id}: ${problem}`),
    ...(isInterrupted ? ['Interrupted: run it again for the rest.'] : []),
    `${done}${refused.length > 0 ? `; ${refused.length} refused` : ''}`,
  ];
}
