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
      newer: [],
    });
  });

  test('applies only what the database does not have, and leaves the rows of others alone', () => {
    const [a, b] = [file('001-a.sql'), file('002-b.sql')];
    expect(planMigrations([a, b], [row(a), row(file('001-x.sql', 'other'))])).toEqual({
      kind: 'ready',
      toApply: [b],
      alreadyApplied: [a],
      newer: [],
    });
  });

  test('accepts what a later release has applied, set by set, and says what it is', () => {
    const [a, framework] = [file('001-a.sql'), file('001-event-processor.sql', 'event_processor')];
    const later = [file('0010-z.sql'), file('002-b.sql'), file('002-more.sql', 'event_processor')].map(row);
    expect(planMigrations([framework, a], [row(a), ...later, row(framework)])).toEqual({
      kind: 'ready',
      toApply: [],
      alreadyApplied: [framework, a],
      newer: [later[2], later[1], later[0]],
    });
  });

  test.each([
    ['in the middle', 3, [file('001-a.sql'), file('003-c.sql')], ['002-b.sql: it was applied']],
    ['under a new file', 2, [file('001-a.sql'), file('003-c.sql')], ['002-b.sql: it was applied']],
    ['under the number of a new file', 2, [file('001-a.sql'), file('002-hotfix.sql')], ['002-b.sql: it was applied']],
    [
      'above a new file',
      2,
      [file('0001-hotfix.sql'), file('001-a.sql')],
      [
        '001-a.sql: 0001-hotfix.sql has the same',
        '002-b.sql: it was applied',
        '0001-hotfix.sql: 002-b.sql was applied',
      ],
    ],
  ])('refuses a file that is missing %s', (_, applied, files, problems) => {
    const recorded = [file('001-a.sql'), file('002-b.sql'), file('003-c.sql')].map(row);
    const plan = planMigrations(files, recorded.slice(0, applied));
    expect(plan.kind === 'refused' && plan.problems).toEqual(
      problems.map((problem) => expect.stringContaining(`functions/flights/migrations/${problem}`) as unknown),
    );
  });

  test('refuses a changed file beside newer migrations', () => {
    const changed = { ...row(file('001-a.sql')), checksum: 'f'.repeat(64) };
    const plan = planMigrations([file('001-a.sql')], [changed, row(file('002-b.sql'))]);
    expect(plan.kind === 'refused' && plan.problems).toEqual([expect.stringContaining('the file was changed')]);
  });

  test('does not take other line ends for a change', () => {
    const unix = file('001-a.sql', 'flights', 'SELECT 1\n;\n');
    const windows = { ...unix, sql: unix.sql.replaceAll('\n', '\r\n') };
    expect(planMigrations([windows], [row(unix)])).toMatchObject({ kind: 'ready', toApply: [] });
  });

  test.each(['-- not backward compatible: why\nSELECT 1\n;\n', 'SELECT 1\n  -- NOT backward compatible: why\n;\n'])(
    'does not take the line that says a change is meant for a change: %j',
    (sql) => {
      const plain = file('001-a.sql', 'flights', 'SELECT 1\n;\n');
      expect(planMigrations([{ ...plain, sql }], [row(plain)])).toMatchObject({ kind: 'ready', toApply: [] });
      expect(planMigrations([plain], [row({ ...plain, sql })])).toMatchObject({ kind: 'ready', toApply: [] });
      const other = { ...plain, sql: `${sql}-- backward compatible: why\n` };
      expect(planMigrations([other], [row(plain)])).toMatchObject({ kind: 'refused' });
    },
  );

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
