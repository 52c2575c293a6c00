import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { describe, expect, it } from 'vitest';
import { readDeployedStack } from '../../../../ops/stack/deployed-stack.ts';
import { deployedStack } from '../../../support/deployed-stack.ts';

type Answer = (commandName: string, input: Readonly<Record<string, unknown>>) => object;

/** The SDK's own client, whose commands are answered before anything is sent. */
function cloudFormation(answer: Answer): CloudFormationClient {
  const client = new CloudFormationClient({ region: 'eu-west-1' });
  client.middlewareStack.add(
    (_next, { commandName = '' }) =>
      ({ input }) =>
        Promise.resolve({
          output: { $metadata: {}, ...answer(commandName, input as Record<string, unknown>) } as never,
          response: {},
        }),
    { step: 'initialize' },
  );
  return client;
}

const { outputs } = deployedStack();
const OUTPUTS = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));

function withOutputs(given: typeof OUTPUTS): CloudFormationClient {
  return cloudFormation(() => ({
    Stacks: [{ StackName: 'flights-test', StackStatus: 'UPDATE_COMPLETE', Outputs: given }],
  }));
}

describe('a deployed stack', () => {
  it('is what its outputs say', async () => {
    expect(await readDeployedStack(withOutputs(OUTPUTS), 'flights-test')).toEqual(deployedStack());
    const bucket = { OutputKey: 'FailedBatchesBucket', OutputValue: 'failed' };
    expect(await readDeployedStack(withOutputs([...OUTPUTS, bucket]), 'flights-test')).toEqual(
      deployedStack({ failedBatchesBucket: 'failed' }),
    );
  });

  it('is refused when it is not one of this project, with what it lacks', async () => {
    await expect(readDeployedStack(withOutputs(OUTPUTS.slice(2)), 'other')).rejects.toThrow(
      '`--stack` must name a stack of this project, got other, which has no output CodeCommit, BuildVersion;',
    );
  });

  it('is refused when it is not there, and every other failure is passed on', async () => {
    const failing = (name: string, message: string) =>
      cloudFormation(() => {
        throw Object.assign(new Error(message), { name });
      });
    await expect(
      readDeployedStack(failing('ValidationError', 'Stack with id other does not exist'), 'other'),
    ).rejects.toThrow('`--stack` must name a deployed stack of this account and region, got other');
    await expect(readDeployedStack(failing('AccessDenied', 'not allowed'), 'other')).rejects.toThrow('not allowed');
  });
});
