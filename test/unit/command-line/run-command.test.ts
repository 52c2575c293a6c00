import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../../command-line/run-command.ts';
import { UsageError } from '../../../command-line/usage-error.ts';
import type { ProblemsError } from '../../../contract/problems-error.ts';
import { ProjectionError } from '../../../processor/projection.ts';

let told: string;

beforeEach(() => {
  told = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

function fails(error: Error): () => Promise<boolean> {
  return () => Promise.reject(error);
}

describe('a command', () => {
  it('leaves the exit code alone when it did what it was asked to, and sets 1 when it did not', async () => {
    await runCommand(() => Promise.resolve(true));
    expect(process.exitCode).toBeUndefined();
    await runCommand(() => Promise.resolve(false));
    expect(process.exitCode).toBe(1);
    await runCommand(() => Promise.resolve(3));
    expect(process.exitCode).toBe(3);
    expect(told).toBe('');
  });

  it.each<[ProblemsError, string]>([
    [new UsageError(['one', 'two']), 'one\ntwo\n'],
    [new ProjectionError(['one', 'two']), 'the projection is invalid:\n- one\n- two\n'],
  ])('reports every problem of a mistake, without a stack trace, and ends with 2', async (error, text) => {
    await runCommand(fails(error));
    expect(told).toBe(text);
    expect(process.exitCode).toBe(2);
  });

  it('keeps the stack trace of a bug', async () => {
    const bug = new TypeError('x is not a function');
    await expect(runCommand(fails(bug))).rejects.toBe(bug);
  });

  it('has one line for a failure that it knows of, and ends with 1', async () => {
    const refused = new Error('AccessDenied');
    const describeFailure = (error: unknown) => (error === refused ? 'not allowed' : undefined);
    await runCommand(fails(refused), { describeFailure });
    expect(told).toBe('not allowed\n');
    expect(process.exitCode).toBe(1);
    await runCommand(fails(refused), { describeFailure, failedExitCode: 3 });
    expect(process.exitCode).toBe(3);
  });
});
