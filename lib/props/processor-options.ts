import { DATABASE_SPECS, type DatabaseOptions, type ResolvedDatabaseOptions } from './database-options.ts';
import { FUNCTION_SPECS, type FunctionOptions, type ResolvedFunctionOptions } from './function-options.ts';
import { MAPPING_SPECS, type MappingOptions, type ResolvedMappingOptions } from './mapping-options.ts';
import { MONITORING_SPECS, type MonitoringOptions, type ResolvedMonitoringOptions } from './monitoring-options.ts';
import { PAGER_SPECS, type PagerOptions, type ResolvedPagerOptions } from './pager-options.ts';
import { STREAM_SPECS, type ResolvedStreamOptions, type StreamOptions } from './stream-options.ts';

/** The options of a processor, one group for each of its parts. */
export interface ProcessorOptions {
  readonly streamOptions?: StreamOptions;
  readonly mappingOptions?: MappingOptions;
  readonly functionOptions?: FunctionOptions;
  readonly databaseOptions?: DatabaseOptions;
  readonly pagerOptions?: PagerOptions;
  readonly monitoringOptions?: MonitoringOptions;
}

/** Name of a group of options. */
export type OptionGroup = keyof ProcessorOptions;

/** What every option may be, by group; a name is in one group only. */
export const OPTION_SPECS = {
  streamOptions: STREAM_SPECS,
  mappingOptions: MAPPING_SPECS,
  functionOptions: FUNCTION_SPECS,
  databaseOptions: DATABASE_SPECS,
  pagerOptions: PAGER_SPECS,
  monitoringOptions: MONITORING_SPECS,
} as const satisfies Readonly<Record<OptionGroup, unknown>>;

/** Names of the groups, in the order of the parts. */
export const OPTION_GROUPS = Object.keys(OPTION_SPECS) as readonly OptionGroup[];

/** All options with their defaults filled in. */
export interface ResolvedOptions {
  readonly streamOptions: ResolvedStreamOptions;
  readonly mappingOptions: ResolvedMappingOptions;
  readonly functionOptions: ResolvedFunctionOptions;
  readonly databaseOptions: ResolvedDatabaseOptions;
  readonly pagerOptions: ResolvedPagerOptions;
  readonly monitoringOptions: ResolvedMonitoringOptions;
}

/** The same in one object, for rules that look at several groups. */
export type FlatOptions = ResolvedOptions[OptionGroup] extends infer Group
  ? (Group extends unknown ? (group: Group) => void : never) extends (all: infer All) => void
    ? All
    : never
  : never;

/** Name of an option, whatever its group. */
export type OptionName = keyof FlatOptions;
