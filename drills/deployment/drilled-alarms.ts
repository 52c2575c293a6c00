import type { PromiseRecord } from '../../contract/template-record.ts';
import type { Alarm } from '../../local/cloudwatch/alarms/alarm.ts';

/** An incident: a composite alarm that pages. */
export type IncidentName = 'NotKeepingUp' | 'DataLossDanger' | 'SetAside';

/** Every incident, with the logical-id part of its composite alarm. */
export const INCIDENT_IDS: Readonly<Record<IncidentName, string>> = {
  NotKeepingUp: 'IncidentNotKeepingUp',
  DataLossDanger: 'IncidentDataLossDanger',
  SetAside: 'IncidentSetAside',
};

/** What a drill expects to find about an alarm of ours. */
export interface KnownAlarm {
  /** The page it is a part of; without one it only notifies. */
  readonly incident?: IncidentName;
  /** Whether a template with these settings has it. @defaultValue always */
  readonly isThere?: (facts: AlarmFacts) => boolean;
}

/** What decides which alarms there are. */
export interface AlarmFacts {
  readonly promises: PromiseRecord;
  readonly hasDestination: boolean;
  readonly ownsPageTopic: boolean;
}

const KEEPING_UP = { incident: 'NotKeepingUp' } as const;
const SET_ASIDE = { incident: 'SetAside' } as const;

/**
 * Every alarm of ours by the stable part of its logical id. Written down a second time on purpose: what the template
 * lacks, nothing in the template can tell.
 */
export const KNOWN_ALARMS: Readonly<Record<string, KnownAlarm>> = {
  Behind: KEEPING_UP,
  IteratorAge: KEEPING_UP,
  WatchdogSilent: KEEPING_UP,
  WatchdogBlind: KEEPING_UP,
  ConsumerStopped: KEEPING_UP,
  MappingNotPolling: KEEPING_UP,
  MappingDisabled: { ...KEEPING_UP, isThere: ({ promises }) => promises.mappingEnabled },
  PositionHeld: KEEPING_UP,
  FuseBlown: KEEPING_UP,
  DataLossDanger: { incident: 'DataLossDanger' },
  IteratorAgeDataLoss: { incident: 'DataLossDanger' },
  Quarantine: SET_ASIDE,
  Dropped: SET_ASIDE,
  OnFailureDestination: { ...SET_ASIDE, isThere: ({ hasDestination }) => hasDestination },
  OnFailureDelivery: { ...SET_ASIDE, isThere: ({ hasDestination }) => hasDestination },
  FunctionErrors: {},
  Throttles: {},
  Duration: {},
  ReadThroughput: {},
  WriteThroughput: {},
  ShardsUnknown: {},
  DatabaseCapacity: {},
  DataApiErrors: {},
  CacheHitRatio: { isThere: ({ promises }) => promises.noticeWhenCacheHitPercentBelow > 0 },
  PagingFailed: { isThere: ({ ownsPageTopic }) => ownsPageTopic },
  NewVersionErrors: {},
};

/** An alarm of the template that is ours. */
export interface DrilledAlarm {
  /** The stable part of its logical id, such as `Behind` or `IncidentSetAside`. */
  readonly id: string;
  readonly alarm: Alarm;
  /** Made before the watchdog has run: at the beginning of a first deployment. */
  readonly bornEarly: boolean;
}

/**
 * Takes a logical id apart.
 *
 * @returns undefined for an alarm that is not ours
 */
export function readAlarmId(logicalId: string): { readonly prefix: string; readonly id: string } | undefined {
  const [, prefix = '', id] = /^(\w*?)(?:MonitoringAlarms|Rollout)(\w+)[0-9A-F]{8}$/.exec(logicalId) ?? [];
  return id === undefined ? undefined : { prefix, id };
}

/** What of {@link KNOWN_ALARMS} a template has to have. */
export function expectedAlarms(facts: AlarmFacts): readonly string[] {
  const metricAlarms = Object.entries(KNOWN_ALARMS).filter(([, { isThere = () => true }]) => isThere(facts));
  return [...metricAlarms.map(([id]) => id), ...Object.values(INCIDENT_IDS)];
}
