import { describe, expect, it } from 'vitest';
import { runProgram } from '../../support/run-program.ts';

const VARIABLES = [
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_ENDPOINT_URL_RDS_DATA',
  'AWS_ENDPOINT_URL_KINESIS',
  'CLUSTER_ARN',
  'SECRET_ARN',
  'DATABASE',
  'STREAM_ARN',
];

describe('a run that is kept running', () => {
  it('tells another terminal all that it needs, and leaves nothing behind when it is ended', async () => {
    const result = await runProgram('bin/local.ts', ['--events', '100', '--keep-running'], { interruptAt: '  psql ' });
    const exported = [...result.stdout.matchAll(/^ {2}export (\w+)=(\S+)$/gm)].map(([, name]) => name);
    expect(exported).toEqual(VARIABLES);
    expect(result.stdout).toMatch(/^ {2}npm run ops -- redrive$/m);
    expect(result).toMatchObject({ code: 130, leftRunning: false });
  });
});
