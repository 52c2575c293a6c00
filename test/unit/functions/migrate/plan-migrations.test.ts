import { describe, expect, test } from 'vitest';
import { migrationChecksum, type Migration, type RecordedMigration } from '../../../../functions/migrate/migration.ts';
import { planMigrations } from '../../../../functions/migrate/plan-migrations.ts';

const file = (name: string, set = 'flights', sql = `-- ${name}`): Migration => ({ set, name, sql });
const row = ({ set, name, sql }: Migration): RecordedMigration => ({
  set,
  name,
  checksum: migrationChecksum(sql),
});

describe('planMigrations', () => {
  test('applies everything to an empty database, set after set and each by number', () => {
    const b = [file('002-b.sql'), file('1000-d.sql'), file('001-a.sql'), file('010-c.sql')];
    const framework = file('001-event-processor.sql', 'event_processor');
    expect(planMigrations([framework, ...b], [])).toEqual({
      kind: 'ready',
      toApply: [framework, b[2], b[0], b[3], b[1]],
      alreadyApplied: [],
    });
  });

  test('applies only what the database does not have, and leaves the rows of others alone', () => {
    const [a, b] = [file('001-a.sql'), file('002-b.sql')];
    expect(planMigrations([a, b], [row(a), row(file('001-x.sql', 'other'))])).toEqual({
      kind: 'ready',
      toApply: [b],
      alreadyApplied: [a],
    });
  });

  test('does not take other line ends for a change', () => {
    const unix = file('001-a.sql', 'flights', 'SELECT 1\n;\n');
    const windows = { ...unix, sql: unix.sql.replaceAll('\n', '\r\n') };
    expect(planMigrations([windows], [row(unix)])).toMatchObject({ kind: 'ready', toApply: [] });
  });

  test('tells every problem at once, and applies nothing', () => {
    const changed = file('003-c.sql');
    const plan = planMigrations(
      [file('001-a.sql'), file('002-new.sql'), changed, file('003-twin.sql'), file('4-Bad Name.sql')],
      [row(file('001-a.sql')), { ...row(changed), checksum: 'f'.repeat(64) }, row(file('005-gone.sql'))],
    );
    expect(plan.kind === 'refused' && plan.problems).toEqual([
      'functions/flights/migrations/003-twin.sql: 003-c.sql has the same number; give the newer file the next free number',
      'functions/flights/migrations/4-Bad Name.sql: the name must be like 001-what-it-does.sql, in lowercase; rename the file',
      'functions/flights/migrations/003-c.sql: the file was changed after it was applied (SHA-256 expected ffffffffffff..., ' +
        `got ${migrationChecksum(changed.sql).slice(0, 12)}...); ` +
        'bring the old text back and put the change into a new file',
      'functions/flights/migrations/005-gone.sql: it was applied to this database, but the file is missing; bring it back',
      'functions/flights/migrations/002-new.sql: 003-c.sql was applied before it, so the order would differ between databases; ' +
        'give the file the next free number',
      'functions/flights/migrations/003-twin.sql: 005-gone.sql was applied before it, so the order would differ between databases; ' +
        'give the file the next free number',
      'functions/flights/migrations/4-Bad Name.sql: 005-gone.sql was applied before it, so the order would differ between databases; ' +
        'give the file the next free number',
    ]);
  });
});
