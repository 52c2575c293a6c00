import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../command-line/usage-error.ts';
import { EnvironmentError } from '../../../contract/environment-codec.ts';
import { ProblemsError } from '../../../contract/problems-error.ts';
import { MigrationError } from '../../../functions/migrate/migration.ts';
import { PropsError } from '../../../lib/props/props-error.ts';
import { MappingSettingsError } from '../../../local/mapping/mapping-settings.ts';
import { ProjectionError } from '../../../processor/projection.ts';

describe('an error with problems', () => {
  it('lists all of them under what is not usable, further lines of one under its first', () => {
    const { message, problems } = new ProjectionError(['one', 'two\nin detail']);
    expect(message).toBe('the projection is invalid:\n- one\n- two\n  in detail');
    expect(problems).toEqual(['one', 'two\nin detail']);
  });

  it('has one line per problem when it is about a command line', () => {
    expect(new UsageError(['one', 'two']).message).toBe('one\ntwo');
  });

  it.each([ProjectionError, EnvironmentError, PropsError, MappingSettingsError, MigrationError, UsageError])(
    'is a %o: it has the name of its class, also in the trace, which starts where it was thrown',
    (Class) => {
      const error = new Class(['one']);
      expect(error).toBeInstanceOf(ProblemsError);
      expect(error.name).toBe(Class.name);
      const trace = error.stack?.slice(error.message.length) ?? '';
      expect(error.stack).toMatch(new RegExp(`^${Class.name}: `));
      expect(trace.split('\n').find((line) => line.startsWith('    at'))).toContain('problems-error.test.ts');
    },
  );

  it('keeps the error behind it', () => {
    const cause = new Error('no');
    expect(new MigrationError(['one'], { cause }).cause).toBe(cause);
  });
});
