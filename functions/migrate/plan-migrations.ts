import { compareMigrationNames, migrationNameProblems, migrationNumber } from '../../contract/migration-name.ts';
import { migrationChecksum, migrationFile, migrationId, type Migration, type RecordedMigration } from './migration.ts';

/** What is to be done to a database, or why nothing may be. */
export type MigrationPlan =
  | {
      readonly kind: 'ready';
      /** In the order in which they are to be applied. */
      readonly toApply: readonly Migration[];
      readonly alreadyApplied: readonly Migration[];
      /** What a later release has applied: the database is ahead of these files, as it is after a rollback. */
      readonly newer: readonly RecordedMigration[];
    }
  | {
      readonly kind: 'refused';
      /** One sentence per problem, all of them: what is wrong, and what to do. */
      readonly problems: readonly string[];
    };

/**
 * Compares the files with what a database says was applied. Recorded migrations beyond the newest file of their set
 * are accepted: a release that is rolled back to does not have the files of the release after it.
 *
 * @param migrations the files, set after set, in any order within a set
 * @param recorded what the database has; rows of sets without files belong to someone else and are left alone
 * @returns the sets in the order they were first named, each by number
 */
export function planMigrations(
  migrations: readonly Migration[],
  recorded: readonly RecordedMigration[],
): MigrationPlan {
  const ordered = inOrder(migrations);
  const problems = [...checkNames(ordered), ...checkRecorded(ordered, recorded), ...checkOrder(ordered, recorded)];
  if (problems.length > 0) return { kind: 'refused', problems };
  const known = new Set(recorded.map(migrationId));
  return {
    kind: 'ready',
    toApply: ordered.filter((migration) => !known.has(migrationId(migration))),
    alreadyApplied: ordered.filter((migration) => known.has(migrationId(migration))),
    newer: inOrder([...newerThan(ordered, recorded)]),
  };
}

function inOrder<T extends { readonly set: string; readonly name: string }>(migrations: readonly T[]): readonly T[] {
  return setsOf(migrations).flatMap((set) =>
    migrations.filter((migration) => migration.set === set).sort((a, b) => compareMigrationNames(a.name, b.name)),
  );
}

function setsOf(migrations: readonly { readonly set: string }[]): readonly string[] {
  return [...new Set(migrations.map(({ set }) => set))];
}

function checkNames(ordered: readonly Migration[]): readonly string[] {
  return setsOf(ordered).flatMap((set) => {
    const names = ordered.filter((migration) => migration.set === set).map(({ name }) => name);
    return migrationNameProblems(names).map(({ name, problem }) => `${migrationFile({ set, name })}: ${problem}`);
  });
}

/**
 * What comes after every file of its set. A set with a file that is still to be applied has another history than the
 * database, and sets without files belong to someone else.
 */
function newerThan(migrations: readonly Migration[], recorded: readonly RecordedMigration[]): Set<RecordedMigration> {
  const known = new Set(recorded.map(migrationId));
  return new Set(
    setsOf(migrations).flatMap((name) => {
      const own = migrations.filter(({ set }) => set === name);
      if (!own.every((migration) => known.has(migrationId(migration)))) return [];
      const newest = Math.max(...own.map((migration) => migrationNumber(migration.name)));
      return recorded.filter((row) => row.set === name && migrationNumber(row.name) > newest);
    }),
  );
}

function checkRecorded(migrations: readonly Migration[], recorded: readonly RecordedMigration[]): readonly string[] {
  const files = new Map(migrations.map((migration) => [migrationId(migration), migration]));
  const sets = new Set(migrations.map(({ set }) => set));
  const newer = newerThan(migrations, recorded);
  return recorded.flatMap((row) => {
    const place = migrationFile(row);
    const file = files.get(migrationId(row));
    if (file === undefined) {
      return sets.has(row.set) && !newer.has(row)
        ? [`${place}: it was applied to this database, but the file is missing; bring it back`]
        : [];
    }
    const checksum = migrationChecksum(file.sql);
    if (checksum === row.checksum) return [];
    return [
      `${place}: the file was changed after it was applied (SHA-256 expected ${row.checksum.slice(0, 12)}..., ` +
        `got ${checksum.slice(0, 12)}...); bring the old text back and put the change into a new file`,
    ];
  });
}

function checkOrder(migrations: readonly Migration[], recorded: readonly RecordedMigration[]): readonly string[] {
  const known = new Set(recorded.map(migrationId));
  return migrations.flatMap((migration) => {
    if (known.has(migrationId(migration))) return [];
    const later = recorded.find(
      (row) => row.set === migration.set && migrationNumber(row.name) > migrationNumber(migration.name),
    );
    if (later === undefined) return [];
    return [
      `${migrationFile(migration)}: ${later.name} was applied before it, so the order would differ between ` +
        'databases; give the file the next free number',
    ];
  });
}
