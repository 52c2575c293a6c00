import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { FAILED_BATCHES_OUTPUT, OWN_CLUSTER_OUTPUT, type StackOutputName } from '../contract/stack-outputs.ts';
import { EventProcessor } from './event-processor.ts';
import type { StackCode } from './function-code.ts';
import { PropsError } from './props/props-error.ts';
import { checkSettings } from './settings/check-settings.ts';
import type { StageSettings } from './settings/stage-settings.ts';
import { toProcessorProps } from './settings/to-processor-props.ts';

/** Settings of an {@link EventProcessorStack}, its code, and what every stack takes. */
export interface EventProcessorStackProps extends StageSettings {
  /** What {@link bundleStackCode} made for the same `functionName`. */
  readonly code: StackCode;
  readonly stack?: StackProps;
}

/** One {@link EventProcessor} as a stack of its own, made from the settings of a stage. */
export class EventProcessorStack extends Stack {
  readonly processor: EventProcessor;

  /**
   * Checks the settings, all at once, before anything is made.
   *
   * @throws PropsError with every problem
   */
  constructor(scope: Construct, id: string, { code, stack, ...settings }: EventProcessorStackProps) {
    const problems = checkSettings(settings);
    if (problems.length > 0) throw new PropsError(problems);
    super(scope, id, { terminationProtection: settings.removalPolicy !== 'destroy', ...stack });
    // An id that is left out of logical ids and names: the stack is the processor.
    this.processor = new EventProcessor(this, 'Default', { ...toProcessorProps(this, settings), code });
    this.addOutputs(code, settings.codeCommit);
  }

  private addOutputs(code: StackCode, codeCommit = 'unknown'): void {
    const { processor } = this;
    const { streamArn } = processor.stream;
    const outputs: Readonly<Record<StackOutputName, string>> = {
      CodeCommit: codeCommit,
      BuildVersion: code.processor.buildVersion,
      FunctionName: processor.function.functionName,
      FunctionVersion: processor.alias.version.version,
      LogGroupName: processor.logGroup.logGroupName,
      WatchdogFunctionName: processor.watchdog.functionName,
      MappingId: processor.mapping.eventSourceMappingId,
      StreamArn: streamArn,
      ClusterArn: processor.cluster.clusterArn,
      DatabaseName: processor.databaseName,
      MaintenanceSecretArn: processor.maintenanceSecret.secretArn,
      DashboardUrl: processor.dashboardUrl,
      PageTopicArn: processor.pageTopic.topicArn,
      OperatorPolicyArn: processor.operatorPolicy.managedPolicyArn,
      BoostRoleArn: processor.boostRole.roleArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
    if (processor.failedBatches !== undefined) {
      new CfnOutput(this, FAILED_BATCHES_OUTPUT, { value: processor.failedBatches.bucketName });
    }
    if (processor.ownCluster !== undefined) {
      new CfnOutput(this, OWN_CLUSTER_OUTPUT, { value: processor.ownCluster.clusterIdentifier });
    }
    new CfnOutput(this, 'KeyArn', {
      description: 'Producers need kms:GenerateDataKey on it, beside kinesis:PutRecord and kinesis:PutRecords',
      value: processor.key.keyArn,
    });
    new CfnOutput(this, 'PutRecordExample', {
      description: 'Puts the event in the file event.json on the stream',
      value: `aws kinesis put-record --region ${this.region} --stream-arn ${streamArn} --partition-key KEY --data fileb://event.json`,
    });
    new CfnOutput(this, 'RollbackAlarmArn', {
      description: 'For cdk deploy --rollback-trigger-alarm-arns',
      value: processor.newVersionErrors.alarmArn,
    });
  }
}
