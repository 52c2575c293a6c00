import type { ResolvedDatabaseOptions } from '../props/database-options.ts';
import type { ResolvedFunctionOptions } from '../props/function-options.ts';
import type { ResolvedMappingOptions } from '../props/mapping-options.ts';
import type { ResolvedMonitoringOptions } from '../props/monitoring-options.ts';
import type { ResolvedStreamOptions } from '../props/stream-options.ts';

/** What alarms compare with and graphs draw as limits. */
export interface MonitoredLimits
  extends
    Omit<ResolvedMonitoringOptions, 'metricsNamespace'>,
    Pick<ResolvedStreamOptions, 'streamRetention' | 'shardCount'>,
    Pick<
      ResolvedMappingOptions,
      | 'batchSize'
      | 'parallelizationFactor'
      | 'maxBatchingWindow'
      | 'maxRecordAge'
      | 'onFailureDestination'
      | 'mappingEnabled'
    >,
    Pick<ResolvedFunctionOptions, 'timeout'>,
    Pick<ResolvedDatabaseOptions, 'databaseMinCapacity' | 'databaseMaxCapacity'> {}
