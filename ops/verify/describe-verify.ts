import type { AuditedTable } from '../../contract/audited-item.ts';
import type { StackCheck } from './stack-checks.ts';
import type { Counts, Finding, FoundEvent, Place } from './tally.ts';

/** All that a verification has found out. */
export interface VerifyReport {
  /** `verified`, or the worst of what was found. */
  readonly verdict: 'verified' | 'not-reached' | 'unknown' | 'wrong';
  readonly stack: string;
  readonly function: string;
  /** ISO 8601 in UTC: null for the oldest record of the stream. */
  readonly since: string | null;
  /** ISO 8601 in UTC: null for the position of the consumer. */
  readonly until: string | null;
  readonly counts: Counts;
  readonly tables: readonly AuditedTable[];
  readonly findings: readonly Finding[];
  readonly repeats: readonly FoundEvent[];
  readonly shards: readonly ShardReport[];
  readonly checks: readonly StackCheck[];
  /** Whether somebody ended it before its end: what was not read is not verified. */
  readonly isInterrupted: boolean;
}

/** How far a shard was read. */
export interface ShardReport {
  readonly shardId: string;
  /** Arrival of the newest record that was looked at, ISO 8601 in UTC; null where there was none. */
  readonly readUpTo: string | null;
  /** Arrival of the newest record that the consumer has committed, ISO 8601 in UTC; null where there is none. */
  readonly committedUpTo: string | null;
}

/** Lines for a person: the verdict, the places, what is wrong, and what cannot be said. */
export function describeVerify(report: VerifyReport): string[] {
  const { counts, findings, checks } = report;
  return [
    headline(report),
    ...describePlaces(counts),
    ...describeTables(report),
    ...describeRepeats(report),
    ...(findings.length === 0 ? [] : ['what is wrong:']),
    ...findings.map((finding) => `  ${describeFinding(finding)}`),
    ...(counts.findings > findings.length ? [`  and ${number(counts.findings - findings.length)} more`] : []),
    'the stack:',
    ...checks.map(({ name, state, detail }) => `  ${name.padEnd(8)} ${state.padEnd(8)} ${detail}`),
  ];
}

function headline(report: VerifyReport): string {
  const { verdict, counts, until, since } = report;
  const what = `${number(counts.records)} records with ${number(counts.events)} events`;
  const from = since === null ? '' : ` from ${since}`;
  const upTo = until === null ? 'up to the position of the consumer' : `up to ${until}`;
  switch (verdict) {
    case 'verified':
      return `VERIFIED${from} ${upTo}: ${what}, and each is accounted for`;
    case 'not-reached':
      return `NOT FINISHED${from} ${upTo}: of ${what}, ${number(counts.places['not-reached'])} are not processed yet`;
    case 'unknown':
      return `UNKNOWN${from} ${upTo}: ${what} were checked, but not everything could be read`;
    case 'wrong':
      return `WRONG${from} ${upTo}: ${what} were checked; ${wrongs(report)}`;
  }
}

function wrongs({ counts, checks }: VerifyReport): string {
  const wrong = checks.filter(({ state }) => state === 'wrong').map(({ name }) => name);
  return [
    ...(counts.places.missing > 0 ? [`${number(counts.places.missing)} are missing`] : []),
    ...(counts.findings > counts.places.missing ? ['rows do not match their events'] : []),
    ...(wrong.length > 0 ? [`${wrong.join(', ')} of the stack is not as it was deployed`] : []),
  ].join('; ');
}

const PLACE_WORDS: Readonly<Record<Place, string>> = {
  'in-effect': 'in effect',
  skipped: 'skipped',
  waiting: 'waiting in the quarantine, retried automatically',
  quarantined: 'in the quarantine',
  'put-back': 'put back on the stream',
  bucket: 'in the on-failure bucket',
  filtered: "left out by the mapping's filters",
  'before-start': "from before the mapping's starting position",
  'not-reached': 'not processed yet',
  unknown: 'unknown: they crash the code',
  missing: 'MISSING: passed by the consumer, and found nowhere',
};

function describePlaces({ places, skipped, quarantined }: Counts): string[] {
  return Object.entries(PLACE_WORDS).flatMap(([name, words]) => {
    const count = places[name as Place];
    if (count === 0 && name !== 'in-effect' && name !== 'missing') return [];
    const reasons = name === 'skipped' ? skipped : name === 'quarantined' ? quarantined : {};
    const by = Object.entries(reasons).map(([reason, of]) => `${reason} ${number(of)}`);
    return [`  ${number(count).padStart(11)}  ${words}${by.length === 0 ? '' : ` (${by.join(', ')})`}`];
  });
}

function describeTables({ tables, counts }: VerifyReport): string[] {
  return [
    `rows of ${number(counts.compared)} events were compared:`,
    ...tables.map(({ table, comparison }) => {
      switch (comparison.by) {
        case 'ledger':
          return `  ${table}: the ledger itself, with a row for each event in effect`;
        case 'key':
          return `  ${table}: by its unique key (${comparison.columns.join(', ')})`;
        case 'row':
          return `  ${table}: rows with equal ${comparison.columns.join(', ')} were counted`;
        case 'version':
          return `  ${table}: the row has the version of the event, or a newer one`;
        case 'nothing':
          return `  ${table}: not comparable event by event; ${comparison.why}`;
      }
    }),
  ];
}

function describeRepeats({ counts: { repeated }, repeats: [first] }: VerifyReport): string[] {
  if (repeated === null) return ['events that arrived more than once: unknown, there are too many to track'];
  if (first === undefined) return [];
  return [
    `${number(repeated)} came more than once and had one effect, such as ${first.eventId ?? ''} at ${first.shardId} ${first.sequenceNumber}`,
  ];
}

const FINDING_WORDS: Readonly<Record<Finding['kind'], string>> = {
  missing: 'was found nowhere',
  unknown: 'crashes the code',
  'also-quarantined': 'is in effect and in the quarantine',
  'row-missing': 'is in effect, but its row is missing',
  'row-twice': 'is in effect, and its row is there more than once',
  'row-older': 'is in effect, and the row of its key is older',
};

function describeFinding({ kind, table, eventId, reason, ...record }: Finding): string {
  const name = eventId === null ? 'an event' : `event ${JSON.stringify(eventId)}`;
  const where = table === null ? '' : ` in ${table}`;
  const why = kind === 'missing' && reason !== null ? ` (this code would reject it: ${reason})` : '';
  return `${name} ${FINDING_WORDS[kind]}${where}${why}: ${record.shardId} ${record.sequenceNumber}, key ${JSON.stringify(record.partitionKey)}, arrived ${record.arrivedAt}`;
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}
