import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../command-line/usage-error.ts';
import { completeOptions } from '../../../ops/redrive/complete-options.ts';
import type { RedriveOptions } from '../../../ops/redrive/redrive-command.ts';
import type { DeployedStack } from '../../../ops/stack/deployed-stack.ts';
import { deployedStack } from '../../support/deployed-stack.ts';

const GIVEN: RedriveOptions = { apply: false, json: false, rate: 100, limit: 1_000, again: false, keepPlaces: false };
const FAILED_BATCHES = 'flights-failed-batches';

function problemsOf(given: RedriveOptions, stack?: DeployedStack): readonly string[] {
  try {
    completeOptions(given, stack);
    return [];
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
}

describe('options of a redrive', () => {
  it('come from the stack where the command line says nothing', () => {
    const { outputs } = deployedStack();
    expect(completeOptions({ ...GIVEN, apply: true, database: 'other' }, deployedStack())).toMatchObject({
      clusterArn: outputs.ClusterArn,
      secretArn: outputs.MaintenanceSecretArn,
      streamArn: outputs.StreamArn,
      database: 'other',
    });
  });

  it('name the bucket of the stack, or the one that is given', () => {
    const stack = deployedStack({ failedBatchesBucket: FAILED_BATCHES });
    expect(completeOptions({ ...GIVEN, bucket: true }, stack).bucket).toBe(FAILED_BATCHES);
    expect(completeOptions({ ...GIVEN, bucket: 'other' }, stack).bucket).toBe('other');
    expect(completeOptions(GIVEN, stack)).not.toHaveProperty('bucket');
  });

  it('need a bucket that somebody names', () => {
    const needed = [expect.stringContaining('`--bucket` must have a name')];
    expect(problemsOf({ ...GIVEN, bucket: true }, deployedStack())).toEqual(needed);
    expect(problemsOf({ ...GIVEN, bucket: true, streamArn: 'arn' })).toEqual(needed);
  });

  it('need the database for the quarantine, the stream to put something back, and neither twice', () => {
    expect(problemsOf(GIVEN)).toHaveLength(3);
    expect(problemsOf({ ...GIVEN, apply: true })).toHaveLength(4);
    expect(problemsOf({ ...GIVEN, failures: 'folder' })).toEqual([expect.stringContaining('`--stream-arn`')]);
    expect(problemsOf({ ...GIVEN, apply: true, bucket: true }, deployedStack({ failedBatchesBucket: 'b' }))).toEqual(
      [],
    );
  });
});
