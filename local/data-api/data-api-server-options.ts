import {
  DATA_API_MAX_REQUEST_BYTES,
  DATA_API_MAX_RESULT_BYTES,
  DATA_API_STATEMENT_TIMEOUT_MS,
} from '../../contract/limits.ts';
import { integerProblem, isIntegerWithin, type IntegerRange } from '../../contract/integer-range.ts';
import { ProblemsError } from '../../contract/problems-error.ts';
import { isPostgresUrl } from '../postgres/connect-postgres.ts';
import type { AutoPauseOptions } from './cluster-power.ts';
import type { ValueForms } from './encode-value.ts';
import type { FaultDecider } from './faults.ts';
import type { CallBytes } from './request-listener.ts';

/** A database user, as a secret holds it. */
export interface DatabaseUser {
  readonly username: string;
  readonly password: string;
}

/** Options of the local Data API server. All times are milliseconds, all sizes bytes. */
export interface DataApiServerOptions {
  /** PostgreSQL to work on: `postgres://user:password@host:port/database`. */
  readonly databaseUrl: string;
  /** TCP port on 127.0.0.1. Default: 0, a free one. */
  readonly port?: number;
  /** Default: `us-east-1`. */
  readonly region?: string;
  /** Further secrets by ARN, each entering the database as a user of its own. Default: none. */
  readonly secrets?: Readonly<Record<string, DatabaseUser>>;
  /** Take any cluster and secret ARN for the one this server has. Default: false, an unknown one is refused. */
  readonly anyArn?: boolean;
  /** Time every call takes before it is looked at. Default: 0; about 17 on AWS, in region. */
  readonly latencyMs?: number;
  /** Up to this much is added to the latency, at random. Default: 0. */
  readonly jitterMs?: number;
  /** Decides, per call, whether something goes wrong. Default: nothing does. */
  readonly faults?: FaultDecider;
  /** Pause when idle, as a cluster with a minimum capacity of 0 does. Default: never. */
  readonly autoPause?: AutoPauseOptions;
  /** Limit of one statement. Default: 45,000. */
  readonly statementTimeoutMs?: number;
  /** A transaction without a call for this long is rolled back. Default: 180,000. */
  readonly transactionIdleMs?: number;
  /** A transaction this old is rolled back. Default: 24 hours. */
  readonly transactionMaxMs?: number;
  /** Most database connections for calls outside transactions, per database and secret. Default: 30. */
  readonly maxAutocommitSessions?: number;
  /** Most open transactions, per database and secret. Default: 50. */
  readonly maxTransactions?: number;
  /** Largest request, headers included. Default: 4 MiB. */
  readonly maxRequestBytes?: number;
  /** Largest result on the database's wire. Default: 1 MiB. */
  readonly maxResultBytes?: number;
  /** Largest row of a result. Default: no limit; AWS documents 64 KB, but not whether v2 holds to it. */
  readonly maxRowBytes?: number;
  /** Keep the faults of the real placeholder scanner. Default: true. */
  readonly strictQuirks?: boolean;
  /** Form of a float4, in columns, arrays and JSON. Default: `shortest`, as most reports have it: 0.1 is 0.1. */
  readonly float4Form?: ValueForms['float4Form'];
  /** Text of `json` and `jsonb`. Default: `compact`, as reports have it. */
  readonly jsonText?: ValueForms['jsonText'];
  /** What a function that returns void leaves in its column. Default: `empty-string`; migration tools need a row. */
  readonly voidResults?: ValueForms['voidResults'];
  /** Serve `/local/faults` and `/local/calls`, which change and show what this server does. Default: false. */
  readonly controlPaths?: boolean;
  /** Hears of each call that was answered without an error: what it moved is what it costs. Default: nobody hears. */
  readonly onAnswer?: (bytes: CallBytes) => void;
}

/** The options with every default filled in. */
export type ResolvedOptions = Omit<Required<DataApiServerOptions>, OptionsWithoutDefault> &
  Pick<DataApiServerOptions, OptionsWithoutDefault>;

type OptionsWithoutDefault = 'faults' | 'autoPause' | 'maxRowBytes' | 'onAnswer';

/** What an option is when it is left out. */
export const OPTION_DEFAULTS = {
  port: 0,
  region: 'us-east-1',
  secrets: {},
  anyArn: false,
  latencyMs: 0,
  jitterMs: 0,
  statementTimeoutMs: DATA_API_STATEMENT_TIMEOUT_MS,
  transactionIdleMs: 180_000,
  transactionMaxMs: 24 * 60 * 60 * 1000,
  maxAutocommitSessions: 30,
  maxTransactions: 50,
  maxRequestBytes: DATA_API_MAX_REQUEST_BYTES,
  maxResultBytes: DATA_API_MAX_RESULT_BYTES,
  strictQuirks: true,
  float4Form: 'shortest',
  jsonText: 'compact',
  voidResults: 'empty-string',
  controlPaths: false,
} as const satisfies Omit<ResolvedOptions, 'databaseUrl'>;

/**
 * Fills in the defaults and checks the values.
 *
 * @throws {@link ProblemsError} that names every option that is out of range.
 */
export function resolveOptions(options: DataApiServerOptions): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved = { ...OPTION_DEFAULTS, ...given } as ResolvedOptions;
  const problems = [...urlProblems(resolved.databaseUrl), ...numberProblems(resolved)];
  if (problems.length > 0) {
    throw new ProblemsError(problems, {
      name: 'DataApiOptionsError',
      heading: 'the options of the server are not usable',
    });
  }
  return Object.freeze(resolved);
}

function urlProblems(url: string): string[] {
  return isPostgresUrl(url) ? [] : ['`databaseUrl` must be a URL such as postgres://user:password@host:5432/database'];
}

/** Smallest and largest value of each option that is a number. */
export const OPTION_RANGES = {
  port: { min: 0, max: 65_535 },
  latencyMs: { min: 0, max: 60_000 },
  jitterMs: { min: 0, max: 60_000 },
  statementTimeoutMs: { min: 1, max: 3_600_000 },
  transactionIdleMs: { min: 1, max: 86_400_000 },
  transactionMaxMs: { min: 1, max: 86_400_000 },
  maxAutocommitSessions: { min: 1, max: 1_000 },
  maxTransactions: { min: 1, max: 1_000 },
  maxRequestBytes: { min: 1, max: 1_073_741_824 },
  maxResultBytes: { min: 1, max: 1_073_741_824 },
} as const satisfies Partial<Record<keyof ResolvedOptions, IntegerRange>>;

function numberProblems(options: ResolvedOptions): string[] {
  return Object.entries(OPTION_RANGES).flatMap(([name, range]) => {
    const value = options[name as keyof typeof OPTION_RANGES];
    return isIntegerWithin(value, range) ? [] : [integerProblem(name, range, value)];
  });
}
