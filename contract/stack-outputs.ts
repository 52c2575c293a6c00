/**
 * What a deployed stack says about itself: the stack writes these outputs, the operator commands read them.
 *
 * @module
 */

/** Outputs that every stack has. */
export const STACK_OUTPUTS = [
  'CodeCommit',
  'BuildVersion',
  'FunctionName',
  'FunctionVersion',
  'LogGroupName',
  'WatchdogFunctionName',
  'MappingId',
  'StreamArn',
  'ClusterArn',
  'DatabaseName',
  'MaintenanceSecretArn',
  'DashboardUrl',
  'PageTopicArn',
  'OperatorPolicyArn',
  'BoostRoleArn',
] as const;

/** Output of a stack with an on-failure destination: the bucket's name. */
export const FAILED_BATCHES_OUTPUT = 'FailedBatchesBucket';

/** Name of one of {@link STACK_OUTPUTS}. */
export type StackOutputName = (typeof STACK_OUTPUTS)[number];

/** The alias that stands for the version in use; the mapping invokes it. */
export const LIVE_ALIAS = 'live';

/**
 * Name of the schedule that ends a boost of a mapping: there is one at most, and whoever asks finds it.
 *
 * @param mappingId UUID of the event source mapping
 */
export function boostScheduleName(mappingId: string): string {
  return `boost-${mappingId}`;
}
