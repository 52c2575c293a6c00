import type { DeployedStack } from '../../ops/stack/deployed-stack.ts';

/** A stack of the flights function, as CloudFormation would tell it. */
export function deployedStack(rest: Partial<DeployedStack> = {}): DeployedStack {
  return {
    stackName: 'flights-test',
    stackStatus: 'UPDATE_COMPLETE',
    outputs: {
      CodeCommit: '0123456789abcdef0123456789abcdef01234567',
      BuildVersion: '0123456789abcdef',
      FunctionName: 'flights-test-Processing',
      FunctionVersion: '7',
      LogGroupName: 'flights-test-ProcessingLogs',
      WatchdogFunctionName: 'flights-test-Watchdog',
      MappingId: '00000000-0000-4000-8000-000000000000',
      StreamArn: 'arn:aws:kinesis:eu-west-1:111122223333:stream/flights',
      ClusterArn: 'arn:aws:rds:eu-west-1:111122223333:cluster:flights',
      DatabaseName: 'events',
      MaintenanceSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:flights-maintenance',
      DashboardUrl: 'https://eu-west-1.console.aws.amazon.com/cloudwatch/home',
      PageTopicArn: 'arn:aws:sns:eu-west-1:111122223333:flights-pages',
      OperatorPolicyArn: 'arn:aws:iam::111122223333:policy/flights-test-Operators',
      BoostRoleArn: 'arn:aws:iam::111122223333:role/flights-test-Boost',
    },
    failedBatchesBucket: undefined,
    ownCluster: undefined,
    ...rest,
  };
}
