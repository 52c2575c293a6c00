import type { PromiseRecord } from '../../contract/template-record.ts';
import type { Alarm } from '../../local/cloudwatch/alarms/alarm.ts';

/** An incident: a composite alarm that pages, or makes a ticket. */
export type IncidentName = 'NotKeepingUp' | 'DataLossDanger' | 'RecordsLost' | 'SetAside';

/** Every incident, with the logical-id part of its composite alarm. */
export const INCIDENT_IDS: Readonly<Record<IncidentName, string>> = {
  NotKeepingUp: 'IncidentNotKeepingUp',
  DataLossDanger: 'IncidentDataLossDanger',
  RecordsLost: 'IncidentRecordsLost',
  SetAside: 'IncidentSetAside',
};

/** What decides which alarms there are. */
export interface AlarmFacts {
  readonly promises: PromiseRecord;
  readonly hasDestination: boolean;
  readonly ownsPageTopic: boolean;
}

/** What a drill expects to find about an alarm of ours. */
interface KnownAlarm {
  /** The page it is a part of; without one it only notifies. */
  readonly incident?: IncidentName;
  /** In a planned pause it is a part of no incident. */
  readonly isQuietInPause?: boolean;
  /** A notice that is work for somebody: a ticket, where there is a route for them. */
  readonly isWork?: boolean;
  /** Begins again and again, so that its end is not told. */
  readonly repeats?: boolean;
  /** Whether a template with these settings has it. @defaultValue always */
  readonly isThere?: (facts: AlarmFacts) => boolean;
}

const KEEPING_UP = { incident: 'NotKeepingUp' } as const;
const isNotPaused = ({ promises }: AlarmFacts): boolean => promises.mappingEnabled;
const hasDestination = (facts: AlarmFacts): boolean => facts.hasDestination;

/**
 * Every alarm of ours by the stable part of its logical id. Written down a second time on purpose: what the template
 * lacks, nothing in the template can tell.
 */
const KNOWN_ALARMS: Readonly<Record<string, KnownAlarm>> = {
  Behind: { ...KEEPING_UP, isQuietInPause: true },
  IteratorAge: { ...KEEPING_UP, isQuietInPause: true },
  WatchdogSilent: KEEPING_UP,
  WatchdogBlind: KEEPING_UP,
  ConsumerStopped: { ...KEEPING_UP, isThere: isNotPaused },
  MappingNotPolling: { ...KEEPING_UP, isThere: isNotPaused },
  MappingDisabled: { ...KEEPING_UP, isThere: isNotPaused },
  PositionHeld: KEEPING_UP,
  FuseBlown: KEEPING_UP,
  DataLossDanger: { incident: 'DataLossDanger' },
  IteratorAgeDataLoss: { incident: 'DataLossDanger' },
  Quarantine: { incident: 'SetAside' },
  Dropped: { incident: 'RecordsLost' },
  OnFailureDestination: { incident: 'SetAside', isThere: hasDestination },
  OnFailureDelivery: { incident: 'RecordsLost', isThere: hasDestination },
  FunctionErrors: {},
  Throttles: {},
  Duration: {},
  ReadThroughput: {},
  WriteThroughput: {},
  Slow: {},
  ShardsUnknown: {},
  DatabaseCapacity: { isThere: ({ promises }) => promises.noticeWhenCapacityPercent > 0 },
  DataApiErrors: {},
  CacheHitRatio: { isThere: ({ promises }) => promises.noticeWhenCacheHitPercentBelow > 0 },
  Paused: { isWork: true, repeats: true, isThere: (facts) => !isNotPaused(facts) },
  PagingFailed: { isWork: true, isThere: ({ ownsPageTopic }) => ownsPageTopic },
  NobodyPaged: { isWork: true, isThere: ({ promises }) => promises.countsSubscribers },
  NewVersionErrors: {},
};

/** Whether an alarm is an incident. */
export function isIncident(id: string): boolean {
  return Object.values(INCIDENT_IDS).includes(id);
}

/**
 * The composite alarm that has to be on while an alarm is.
 *
 * @returns undefined for one that only notifies
 */
export function incidentOf(id: string, { mappingEnabled }: PromiseRecord): string | undefined {
  const { incident, isQuietInPause = false } = KNOWN_ALARMS[id] ?? {};
  return incident === undefined || (isQuietInPause && !mappingEnabled) ? undefined : INCIDENT_IDS[incident];
}

/** Every alarm that an incident consists of. */
export function partsOf(incidentId: string, promises: PromiseRecord): readonly string[] {
  return Object.keys(KNOWN_ALARMS).filter((id) => incidentOf(id, promises) === incidentId);
}

/** A topic, and what it is called among people. */
export interface Route {
  readonly topic: string;
  readonly name: 'page topic' | 'ticket topic' | 'notice topic';
}

/** Whom an alarm has to tell when it fires. */
export function routesOf(id: string, { pageTopic, ticketTopic, noticeTopic }: PromiseRecord): readonly Route[] {
  const tickets: Route = { topic: ticketTopic, name: 'ticket topic' };
  const hasTickets = ticketTopic !== pageTopic;
  if (id === INCIDENT_IDS.SetAside && hasTickets) return [tickets];
  if (isIncident(id)) return [{ topic: pageTopic, name: 'page topic' }];
  const notices: Route = { topic: noticeTopic, name: 'notice topic' };
  return KNOWN_ALARMS[id]?.isWork === true && hasTickets ? [notices, tickets] : [notices];
}

/** Whether the end of an alarm is told as well. */
export function tellsEnd(id: string): boolean {
  return KNOWN_ALARMS[id]?.repeats !== true;
}

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
