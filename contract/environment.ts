/**
 * The environment variables of the processor function: the stack encodes them, the function parses them, and
 * both use this one definition.
 *
 * @module
 */

import { DATA_API_MAX_REQUEST_BYTES } from './limits.ts';
import { DEFAULT_METRICS_NAMESPACE } from './metrics.ts';

/** How the processor is configured: what the stack decides and the function obeys. */
export interface ProcessorEnvironment {
  /** ARN of the Aurora cluster whose Data API is called. */
  readonly clusterArn: string;
  /** ARN of the secret with the credentials of the processor's database role. */
  readonly secretArn: string;
  /** Name of the database in the cluster. */
  readonly database: string;
  /** CloudWatch namespace of the metrics. */
  readonly metricsNamespace: string;
  /** Git commit the deployment was made from, for log lines. */
  readonly codeCommit: string;
  /** Most entries of the lookup cache of one execution environment. */
  readonly cacheMaxEntries: number;
  /** Most bytes of keys and values in the lookup cache of one execution environment. */
  readonly cacheMaxBytes: number;
  /** Seconds after which a cached reference row is read again: the bound of staleness. */
  readonly cacheTtlSeconds: number;
  /** Seconds after which a key that had no reference row is asked for again. */
  readonly cacheAbsentTtlSeconds: number;
  /** Largest Data API request the processor sends, in bytes of the encoded request body. */
  readonly maxRequestBytes: number;
  /** Milliseconds of an invocation kept back for answering, so that Lambda never has to kill it. */
  readonly timeReserveMs: number;
  /** Share of a batch, in percent, above which rejections mean a bad deploy; 100 switches the fuse off. */
  readonly fuseThresholdPercent: number;
  /** Smallest batch, in events, for which the fuse is looked at. */
  readonly fuseMinEvents: number;
}

interface TextField {
  readonly variable: string;
  readonly kind: 'text';
  readonly fallback?: string;
}

interface IntegerField {
  readonly variable: string;
  readonly kind: 'integer';
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}

type Field = TextField | IntegerField;

const MEBIBYTE = 1024 * 1024;

const FIELDS: Readonly<Record<keyof ProcessorEnvironment, Field>> = {
  clusterArn: { variable: 'CLUSTER_ARN', kind: 'text' },
  secretArn: { variable: 'SECRET_ARN', kind: 'text' },
  database: { variable: 'DATABASE', kind: 'text' },
  metricsNamespace: { variable: 'METRICS_NAMESPACE', kind: 'text', fallback: DEFAULT_METRICS_NAMESPACE },
  codeCommit: { variable: 'CODE_COMMIT', kind: 'text', fallback: 'unknown' },
  cacheMaxEntries: {
    variable: 'CACHE_MAX_ENTRIES',
    kind: 'integer',
    min: 1,
    max: 10_000_000,
    fallback: 50_000,
  },
  cacheMaxBytes: {
    variable: 'CACHE_MAX_BYTES',
    kind: 'integer',
    min: 1024,
    max: 8192 * MEBIBYTE,
    fallback: 64 * MEBIBYTE,
  },
  cacheTtlSeconds: { variable: 'CACHE_TTL_SECONDS', kind: 'integer', min: 1, max: 604_800, fallback: 300 },
  cacheAbsentTtlSeconds: {
    variable: 'CACHE_ABSENT_TTL_SECONDS',
    kind: 'integer',
    min: 1,
    max: 604_800,
    fallback: 10,
  },
  maxRequestBytes: {
    variable: 'MAX_REQUEST_BYTES',
    kind: 'integer',
    min: 65_536,
    max: DATA_API_MAX_REQUEST_BYTES,
    fallback: DATA_API_MAX_REQUEST_BYTES,
  },
  timeReserveMs: { variable: 'TIME_RESERVE_MS', kind: 'integer', min: 100, max: 60_000, fallback: 2_000 },
  fuseThresholdPercent: {
    variable: 'FUSE_THRESHOLD_PERCENT',
    kind: 'integer',
    min: 1,
    max: 100,
    fallback: 50,
  },
  fuseMinEvents: { variable: 'FUSE_MIN_EVENTS', kind: 'integer', min: 1, max: 10_000, fallback: 20 },
};

const FIELD_ENTRIES = Object.entries(FIELDS) as readonly (readonly [keyof ProcessorEnvironment, Field])[];

/** The environment that a field without a value gets: every field but the three that name the database. */
export const DEFAULT_ENVIRONMENT: Omit<ProcessorEnvironment, 'clusterArn' | 'secretArn' | 'database'> = Object.freeze(
  Object.fromEntries(
    FIELD_ENTRIES.flatMap(([name, field]) => (field.fallback === undefined ? [] : [[name, field.fallback]])),
  ),
) as unknown as Omit<ProcessorEnvironment, 'clusterArn' | 'secretArn' | 'database'>;

/** Thrown when environment variables do not make a configuration; `problems` lists every one of them. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly problems: readonly string[];

  /**
   * Collects the problems into one message.
   *
   * @param problems one sentence per variable: expected, got, and what to do
   */
  constructor(problems: readonly string[]) {
    super(`the environment is not usable:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Turns a configuration into environment variables; {@link parseEnvironment} is its inverse.
 *
 * @returns variable name to value, every field included
 */
export function encodeEnvironment(environment: ProcessorEnvironment): Record<string, string> {
  return Object.fromEntries(FIELD_ENTRIES.map(([name, field]) => [field.variable, String(environment[name])]));
}

/**
 * Reads a configuration from environment variables; unset variables take their defaults.
 *
 * @throws {@link EnvironmentError} naming every missing or malformed variable at once
 */
export function parseEnvironment(variables: Readonly<Record<string, string | undefined>>): ProcessorEnvironment {
  const problems: string[] = [];
  const values = FIELD_ENTRIES.map(([name, field]) => {
    const text = variables[field.variable];
    const value = text === undefined || text === '' ? field.fallback : parseField(field, text);
    if (value === undefined) problems.push(describeProblem(field, text));
    return [name, value] as const;
  });
  if (problems.length > 0) throw new EnvironmentError(problems);
  return Object.freeze(Object.fromEntries(values)) as unknown as ProcessorEnvironment;
}

function parseField(field: Field, text: string): string | number | undefined {
  if (field.kind === 'text') return text;
  const value = Number(text);
  return /^\d+$/.test(text) && value >= field.min && value <= field.max ? value : undefined;
}

function describeProblem(field: Field, text: string | undefined): string {
  if (field.kind === 'text') return `\`${field.variable}\` must be set, got nothing; the stack sets it`;
  return `\`${field.variable}\` must be an integer from ${field.min} to ${field.max}, got ${JSON.stringify(text)}`;
}
