import { InvalidArgumentError } from 'commander';

/**
 * Reads a moment from the command line.
 *
 * @returns ISO 8601 in UTC
 * @throws InvalidArgumentError for anything else
 */
export function parseIsoTime(text: string): string {
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString();
  throw new InvalidArgumentError('must be a time such as 2026-01-31T09:00:00Z');
}
