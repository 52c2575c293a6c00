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

/** Output of a stack that has made its cluster: the cluster's identifier. A boost may change its capacity. */
export const OWN_CLUSTER_OUTPUT = 'OwnClusterIdentifier';

/** Name of one of {@link STACK_OUTPUTS}. */
export type StackOutputName = (typeof STACK_OUTPUTS)[number];

/** The alias that stands for the version in use; the mapping invokes it. */
export const LIVE_ALIAS = 'live';

/** What a boost turns, each set back by a schedule of its own. */
export const BOOST_PARTS = ['mapping', 'concurrency', 'cluster'] as const;

/** One of {@link BOOST_PARTS}. */
export type BoostPartName = (typeof BOOST_PARTS)[number];

/**
 * Name of the schedule that ends a boost: there is one at most for each part of a stack, and whoever asks finds it.
 *
 * @param mappingId UUID of the stack's event source mapping
 */
export function boostScheduleName(mappingId: string, part: BoostPartName): string {
  return part === 'mapping' ? `boost-${mappingId}` : `boost-${mappingId}-${part}`;
}
