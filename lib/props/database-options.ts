import type { Duration } from 'aws-cdk-lib';
import { DAY, duration, from, integer, text, type Resolved, type SpecsFor } from './option-spec.ts';

/** The database that is written, and how long the framework remembers. */
export interface DatabaseOptions {
  /**
   * Database in the cluster. Several functions can share one; two stages of the same function cannot, because they
   * write the same tables. It is created when the cluster does not have it; on a live stack, another name would lead to
   * a new, empty database beside the old one, which `npm run deploy` refuses.
   *
   * Range: lowercase letters, digits and underscores, at most 63, no database of PostgreSQL or RDS itself.
   *
   * @default events
   */
  readonly databaseName?: string;

  /**
   * Minimum capacity of the new cluster in ACU.
   *
   * Range: 0 to 256 in steps of 0.5.
   *
   * @default 0.5
   */
  readonly databaseMinCapacity?: number;

  /**
   * Maximum capacity of the cluster in ACU.
   *
   * Range: 1 to 256 in steps of 0.5.
   *
   * @default 8
   */
  readonly databaseMaxCapacity?: number;

  /**
   * Reader instances of the new cluster. A reader takes over within a minute when the writer fails.
   *
   * Range: 0 to 15.
   *
   * @default 0
   */
  readonly readers?: number;

  /**
   * Days that backups of the new cluster are kept.
   *
   * Range: 1 to 35.
   *
   * @default 7
   */
  readonly backupRetentionDays?: number;

  /**
   * How long event ids are remembered; an event that is delivered or redriven after that counts again.
   *
   * Range: 2d to 3650d.
   *
   * @default 30d
   */
  readonly ledgerRetention?: Duration;
}

const acu = (min: number, fallback: number) => ({ kind: 'number' as const, min, max: 256, step: 0.5, fallback });

/** Range and default of each. */
export const DATABASE_SPECS = {
  databaseName: text(
    {
      pattern: /^(?!(?:template[01]|rdsadmin)$)[a-z_][a-z0-9_]{0,62}$/,
      words: 'lowercase letters, digits and underscores, at most 63, no database of PostgreSQL or RDS itself',
    },
    'events',
  ),
  databaseMinCapacity: acu(0, 0.5),
  databaseMaxCapacity: acu(1, 8),
  readers: integer(from(0, 15), 0),
  backupRetentionDays: integer(from(1, 35), 7),
  ledgerRetention: duration(from(2 * DAY, 3650 * DAY), 30 * DAY),
} as const satisfies SpecsFor<DatabaseOptions>;

/** DatabaseOptions with defaults filled in. */
export type ResolvedDatabaseOptions = Resolved<DatabaseOptions, typeof DATABASE_SPECS>;
