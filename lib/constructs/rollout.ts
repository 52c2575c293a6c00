import { Validations } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { periodOf, TWO_OF_FIVE, type InvocationTimes } from '../monitoring/alarm-window.ts';
import type { ResolvedFunctionOptions } from '../props/function-options.ts';
import type { ProcessorFunction } from './processor-function.ts';

/** A function, and the alias under which its version in use is called. */
export type RolledOut = Pick<ProcessorFunction, 'function' | 'alias'>;

/** What is rolled out, and how. */
export interface RolloutProps extends Pick<ResolvedFunctionOptions, 'rollout' | 'emergencyDeploy'>, InvocationTimes {
  readonly processor: RolledOut;
  readonly noticeTopic: ITopic;
}

/**
 * How a new version takes over from the one in use. Only the errors of the new version itself can stop it: alarms
 * about lag are on during an outage, and would keep the fix out.
 */
export class Rollout extends Construct {
  readonly newVersionErrors: Alarm;

  constructor(scope: Construct, id: string, { processor, ...options }: RolloutProps) {
    super(scope, id);
    this.newVersionErrors = this.watchNewVersion(processor, options);
    if (options.rollout === 'canary') this.createCanary(processor, options.emergencyDeploy);
  }

  private createCanary({ alias }: RolledOut, emergency: boolean): void {
    const group = new LambdaDeploymentGroup(this, 'Canary', {
      alias,
      deploymentConfig: emergency
        ? LambdaDeploymentConfig.ALL_AT_ONCE
        : LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms: [this.newVersionErrors],
      ignoreAlarmConfiguration: emergency,
    });
    Validations.of(group.role).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]',
      reason: 'made by AWS for this purpose: it may move the aliases of functions, and invoke hooks',
    });
  }

  /** Errors under the alias by version: during a canary the old version's errors are not counted. */
  private watchNewVersion(
    { alias, function: { functionName } }: RolledOut,
    { noticeTopic, ...times }: Pick<RolloutProps, 'noticeTopic' | keyof InvocationTimes>,
  ): Alarm {
    const alarm = new Alarm(this, 'NewVersionErrors', {
      alarmDescription: 'The version that takes over fails. What to do: docs/operations.md#new-version-errors.',
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'Errors',
        dimensionsMap: {
          FunctionName: functionName,
          Resource: `${functionName}:${alias.aliasName}`,
          ExecutedVersion: alias.version.version,
        },
        statistic: 'Sum',
        period: periodOf(TWO_OF_FIVE, times),
      }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      ...TWO_OF_FIVE,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(noticeTopic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }
}
