import { list, type Resolved, type SpecsFor } from './option-spec.ts';

/** Who is told, beside what subscribes to the topics by itself. */
export interface PagerOptions {
  /**
   * Addresses that are paged; each must confirm the subscription.
   *
   * Range: an e-mail address, at most 10.
   *
   * @default none
   */
  readonly pageEmails?: readonly string[];

  /**
   * HTTPS endpoints of a pager, which receive the pages.
   *
   * Range: a URL that begins with https://, at most 10.
   *
   * @default none
   */
  readonly pageHttpsEndpoints?: readonly string[];

  /**
   * Addresses that get the alarms that can wait for working hours: quarantined or given-up records, a long pause, pages
   * that reach nobody. Without one, and without a ticket topic, quarantined or given-up records page.
   *
   * Range: an e-mail address, at most 10.
   *
   * @default none
   */
  readonly ticketEmails?: readonly string[];

  /**
   * Addresses that get every change of every alarm.
   *
   * Range: an e-mail address, at most 10.
   *
   * @default none
   */
  readonly noticeEmails?: readonly string[];
}

const EMAIL = { pattern: /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/, words: 'an e-mail address' };

/** Range and default of each. */
export const PAGER_SPECS = {
  pageEmails: list(EMAIL, 10),
  pageHttpsEndpoints: list({ pattern: /^https:\/\/[^\s,]+$/, words: 'a URL that begins with https://' }, 10),
  ticketEmails: list(EMAIL, 10),
  noticeEmails: list(EMAIL, 10),
} as const satisfies SpecsFor<PagerOptions>;

/** PagerOptions with defaults filled in. */
export type ResolvedPagerOptions = Resolved<PagerOptions, typeof PAGER_SPECS>;
