/** What a prop may be. Each kind says how a value is checked, how it is read from text and how its range reads. */
export type PropSpec =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number; readonly fallback?: number }
  | {
      readonly kind: 'number';
      readonly min: number;
      readonly max: number;
      readonly step: number;
      readonly fallback?: number;
    }
  | { readonly kind: 'boolean'; readonly fallback: boolean }
  | {
      readonly kind: 'duration';
      readonly minSeconds: number;
      readonly maxSeconds: number;
      readonly fallbackSeconds?: number;
    }
  | {
      readonly kind: 'choice';
      readonly values: readonly (string | number)[];
      readonly fallback: string | number;
    }
  | { readonly kind: 'text'; readonly form: TextForm; readonly fallback?: string }
  | { readonly kind: 'list'; readonly form: TextForm; readonly maxItems: number };

/** A form that text must have, and the words for it. */
export interface TextForm {
  readonly pattern: RegExp;
  /** Completes "must be ..."; also the range in the documentation. */
  readonly words: string;
}

const arn = (service: string, words: string): TextForm => ({
  pattern: new RegExp(`^arn:[a-z-]+:${service}:[a-z0-9-]*:\\d{12}:.+$`),
  words: `the ARN of ${words}`,
});

/** Forms of text that props take. */
export const TEXT_FORMS = {
  functionName: {
    pattern: /^[a-z][a-z0-9-]{0,29}$/,
    words: 'small letters, digits and hyphens, at most 30, as in order-events',
  },
  databaseName: {
    pattern: /^[a-z_][a-z0-9_]{0,62}$/,
    words: 'small letters, digits and underscores, at most 63',
  },
  namespace: {
    pattern: /^(?!AWS\/)[\w.\-/#]{1,255}$/,
    words: 'at most 255 letters, digits or . - _ / #, not AWS/',
  },
  time: {
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    words: 'a UTC time such as 2026-01-31T23:59:00Z',
  },
  commit: { pattern: /^[\w.-]{1,100}$/, words: 'at most 100 letters, digits or . - _' },
  email: { pattern: /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/, words: 'an e-mail address' },
  https: { pattern: /^https:\/\/[^\s,]+$/, words: 'a URL that begins with https://' },
  filter: { pattern: /^\s*\{[\s\S]*\}\s*$/, words: 'a JSON object, an event filter pattern' },
  streamArn: arn('kinesis', 'a stream'),
  clusterArn: arn('rds', 'an Aurora cluster'),
  secretArn: arn('secretsmanager', 'a secret'),
  keyArn: arn('kms', 'a key'),
  topicArn: arn('sns', 'a topic'),
} as const satisfies Record<string, TextForm>;
