import { FRAMEWORK_SCHEMA, FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import { DatabaseError } from '../../data-api/classify-error.ts';
import type { Execute } from '../../data-api/execute.ts';
import { goesAway } from '../../data-api/retry-transient.ts';
import { compatibilityProblems } from './check-compatibility.ts';
import { hasTable } from './has-table.ts';
import {
  migrationChecksum,
  MigrationError,
  migrationFile,
  migrationId,
  type Migration,
  type RecordedMigration,
} from './migration.ts';
import { planMigrations, type MigrationPlan } from './plan-migrations.ts';
import { prepareMigrations } from './prepare-migrations.ts';
import { UnterminatedSqlError } from './scan-sql.ts';
import type { SqlStatement } from './split-statements.ts';
import { withMigrationLock, type LockOptions } from './with-migration-lock.ts';

/**
 * What to apply, and where. A statement that is sent a second time after a lost answer would run twice, while a
 * transaction that is repeated from its start does not.
 */
export interface ApplyMigrationsOptions extends LockOptions {
  /** The sets one after the other; the framework's first, as others may lean on it. */
  readonly migrations: readonly Migration[];
  /**
   * Refuse what the release before could not run with, in sets that the database knows already. That release has to
   * run until this one has taken over, and again after a rollback.
   */
  readonly mustSuitReleaseBefore: boolean;
  /**
   * What the processor logs in as: migrations find it as `current_setting('event_processor.processor_role')`, because its
   * name is another one in each stage. @defaultValue who runs the migrations, as on a developer's machine
   */
  readonly processorRole?: string;
  /** Told of each migration that was applied. */
  readonly log?: (message: string) => void;
}

/** What a run did: names like `event_processor/001-event-processor.sql`, in order. */
export interface AppliedMigrations {
  readonly applied: readonly string[];
  readonly alreadyApplied: readonly string[];
  /** What a later release has applied: the database is ahead of these files, as it is after a rollback. */
  readonly newer: readonly string[];
}

/**
 * Applies what a database does not have yet, over the Data API. Each migration and its row in
 * `event_processor.migrations` are one transaction, so that a run that dies leaves whole migrations behind. Runs at
 * the same time are safe: each transaction holds the same advisory lock and decides only once it has it.
 *
 * @returns which migrations this run applied, and which were there
 * @throws {@link MigrationError} when files do not fit what was applied, or a statement fails
 * @throws `GaveUpWaitingError` when the database does not wake up, or another run does not end, within the patience
 */
export async function applyMigrations(options: ApplyMigrationsOptions): Promise<AppliedMigrations> {
  // A commit whose answer was lost is found again on the next look; it still is this run's doing.
  const mine = new Set<string>();
  for (;;) {
    const step = await applyNext(options, mine);
    if (step.kind === 'applied') {
      options.log?.(`applied ${step.id}`);
      continue;
    }
    return {
      applied: step.ids.filter((id) => mine.has(id)),
      alreadyApplied: step.ids.filter((id) => !mine.has(id)),
      newer: step.newer,
    };
  }
}

type ReadyPlan = Extract<MigrationPlan, { readonly kind: 'ready' }>;

type Step =
  | { readonly kind: 'applied'; readonly id: string }
  | { readonly kind: 'done'; readonly ids: readonly string[]; readonly newer: readonly string[] };

function applyNext(options: ApplyMigrationsOptions, mine: Set<string>): Promise<Step> {
  return withMigrationLock<Step>(options, async (execute) => {
    const plan = planMigrations(options.migrations, await readRecorded(execute));
    if (plan.kind === 'refused') throw new MigrationError(plan.problems);
    const { statements, problems } = prepareMigrations(plan.toApply);
    // What this run has applied itself is no release before it.
    const unsuitable = options.mustSuitReleaseBefore && mine.size === 0 ? unsuitableStatements(plan) : [];
    if (problems.length + unsuitable.length > 0) throw new MigrationError([...problems, ...unsuitable]);
    const [next] = plan.toApply;
    if (next === undefined) {
      const [ids, newer] = [plan.alreadyApplied.map(migrationId), plan.newer.map(migrationId)];
      return { commit: false, result: { kind: 'done', ids, newer } };
    }
    const id = migrationId(next);
    await ensureList(execute);
    await execute(
      "SELECT set_config('event_processor.processor_role', coalesce(nullif(CAST(:role AS text), ''), current_user), true)",
      {
        role: options.processorRole ?? '',
      },
    );
    await executeAll(execute, migrationFile(next), statements.get(id) ?? []);
    await record(execute, next);
    mine.add(id);
    return { commit: true, result: { kind: 'applied', id } };
  });
}

async function readRecorded(execute: Execute): Promise<readonly RecordedMigration[]> {
  if (!(await hasTable(execute, FRAMEWORK_TABLES.migrations))) return [];
  const { rows } = await execute(
    `SELECT set_name, file_name, checksum FROM ${FRAMEWORK_TABLES.migrations} ORDER BY set_name, file_name`,
  );
  return rows.map(([set, name, checksum]) => ({
    set: set?.stringValue ?? '',
    name: name?.stringValue ?? '',
    checksum: checksum?.stringValue ?? '',
  }));
}

/** What the release before could not run with, of the sets that it had. */
function unsuitableStatements({ toApply, alreadyApplied }: ReadyPlan): readonly string[] {
  const sets = [...new Set(alreadyApplied.map(({ set }) => set))];
  return sets.flatMap((name) => {
    const [applied, added] = [alreadyApplied, toApply].map((files) => files.filter(({ set }) => set === name));
    try {
      return compatibilityProblems({ applied: applied ?? [], added: added ?? [] });
    } catch (error) {
      // Told already as a problem of the file.
      if (error instanceof UnterminatedSqlError) return [];
      throw error;
    }
  });
}

async function ensureList(execute: Execute): Promise<void> {
  await execute(`CREATE SCHEMA IF NOT EXISTS ${FRAMEWORK_SCHEMA}`);
  await execute(`CREATE TABLE IF NOT EXISTS ${FRAMEWORK_TABLES.migrations} (
    set_name text COLLATE "C" NOT NULL,
    file_name text COLLATE "C" NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (set_name, file_name)
  )`);
}

async function executeAll(execute: Execute, file: string, statements: readonly SqlStatement[]): Promise<void> {
  for (const statement of statements) {
    try {
      await execute(statement.text);
    } catch (error) {
      throw describeFailure(error, file, statement);
    }
  }
}

/** The error of a statement with its place; what goes away by itself stays as it is, to be recognized as such. */
function describeFailure(error: unknown, file: string, statement: SqlStatement): unknown {
  if (!(error instanceof DatabaseError) || goesAway(error)) return error;
  if (error.kind === 'timeout') {
    const problem = 'the statement ran longer than the 45 s that the Data API allows; split it up';
    return new MigrationError([`${file}:${statement.line}: ${problem}`], { cause: error });
  }
  // What the service said, without its name for it: PostgreSQL's words are what the author of the SQL looks for.
  const { message } = error.cause instanceof Error ? error.cause : error;
  const { line, text } = failingLine(statement, message);
  return new MigrationError([`${file}:${line}: ${message}, in \`${text}\``], { cause: error });
}

/** The line that the database points at, by a number of characters from the start of the statement; else its first. */
function failingLine(statement: SqlStatement, message: string): { readonly line: number; readonly text: string } {
  const position = Number(/\bPosition: (\d+)/.exec(message)?.[1] ?? 1);
  const before = Array.from(statement.text)
    .slice(0, position - 1)
    .join('');
  const index = before.split('\n').length - 1;
  return { line: statement.line + index, text: (statement.text.split('\n')[index] ?? '').trim() };
}

async function record(execute: Execute, migration: Migration): Promise<void> {
  await execute(
    `INSERT INTO ${FRAMEWORK_TABLES.migrations} (set_name, file_name, checksum)
     VALUES (CAST(:set_name AS text), CAST(:file_name AS text), CAST(:checksum AS text))`,
    { set_name: migration.set, file_name: migration.name, checksum: migrationChecksum(migration.sql) },
  );
}
