import { MAX_GAUGE_COUNT } from '../../contract/metrics.ts';
import { describeDuration, describeMoment, type WordsOptions } from '../../progress/plain-words.ts';
import { describeJudgement, type Judgement, type Verdict } from '../../progress/verdict.ts';
import { OPS_EXIT_CODES, type OpsExitCode } from '../exit-codes.ts';
import type { ShardStatus, Status } from './status.ts';

/** As wide as a terminal is at least. */
const COLUMNS = 80;

/** Shards that are listed one by one; of more, the worst. */
const MAX_ROWS = 20;

/** Lines for a person, none wider than 80 columns. */
export function describeStatus(status: Status, timeZone?: string): readonly string[] {
  const words: WordsOptions = { nowMs: status.nowMs, timeZone };
  return [
    ...wrap(describeVerdict(status, words), `${status.stackName} ${describeMoment(status.nowMs, words)}  `),
    ...(status.shards.length === 0 ? [] : ['', ...describeShards(status, words)]),
    '',
    ...describeAround(status, words).flatMap(([name, text]) => wrap(text, name.padEnd(10))),
  ];
}

/** One sentence: how the consumer is and why, and what waits for a person beside it. */
export function describeVerdict(status: Status, words: WordsOptions): string {
  const { quarantine, failedBatches, judgement } = status;
  const waiting = [
    ...amount(quarantine?.open, ['quarantined event', 'quarantined events']),
    ...amount(failedBatches, ['batch that Lambda gave up', 'batches that Lambda gave up']),
  ];
  const verdict = describeJudged(judgement, words);
  return waiting.length === 0 ? verdict : `${verdict}; ${waiting.join(' and ')} to be redriven`;
}

function describeJudged(judgement: Judgement, words: WordsOptions): string {
  const said = describeJudgement(judgement, words);
  switch (judgement.verdict) {
    case 'OK':
    case 'SLOW':
      return `${judgement.verdict}: ${said}`;
    case 'CATCHING_UP':
      return said.startsWith('catching up') ? said.replace('catching up', 'CATCHING UP') : `CATCHING UP: ${said}`;
    default:
      return said.replace(/^[a-z]+/, (word) => word.toUpperCase());
  }
}

/** How many there are, if there are any; empty for what is not known, which has a line of its own. */
function amount(value: Status['failedBatches'], [one, many]: readonly [string, string]): readonly string[] {
  if (typeof value !== 'number' || value === 0) return [];
  return [`${count(value)} ${value === 1 ? one : many}`];
}

/** Verdicts that do not end by themselves. */
const NEEDS_PERSON: readonly Verdict[] = ['STALLED', 'STOPPED', 'HELD'];

/** How the command ends: what nobody could see is never fine. */
export function statusExitCode(status: Status): OpsExitCode {
  const { verdict } = status.judgement;
  const isPaused = verdict === 'STOPPED' && status.isPausedOnPurpose;
  if ((NEEDS_PERSON.includes(verdict) && !isPaused) || isSomethingSetAside(status)) return OPS_EXIT_CODES.needsPerson;
  if (verdict === 'BLIND' || status.failures.length > 0) return OPS_EXIT_CODES.cannotSee;
  return verdict === 'OK' ? OPS_EXIT_CODES.fine : OPS_EXIT_CODES.found;
}

function isSomethingSetAside({ quarantine, failedBatches }: Status): boolean {
  return (quarantine?.open ?? 0) > 0 || (typeof failedBatches === 'number' && failedBatches > 0);
}

const HEADINGS = ['shard', 'position', 'age', 'records/s', 'verdict', 'bound by', 'left'] as const;

function describeShards({ shards }: Status, words: WordsOptions): readonly string[] {
  const listed = shards.length <= MAX_ROWS ? shards : shards.toSorted(byAge).slice(0, MAX_ROWS);
  const rows = [HEADINGS, ...listed.map((shard) => describeShard(shard, words))];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const rest = shards.length - listed.length;
  return rest === 0 ? lines : [...lines, `and ${count(rest)} shards that are less far behind`];
}

function byAge(a: ShardStatus, b: ShardStatus): number {
  return (b.ageSeconds ?? Infinity) - (a.ageSeconds ?? Infinity);
}

function describeShard(shard: ShardStatus, words: WordsOptions): readonly string[] {
  const { shardId, positionMs, ageSeconds, recordsPerSecond, verdict } = shard;
  return [
    shardId.replace(/^shardId-0*(?=\d)/, ''),
    positionMs === undefined ? 'unknown' : describeMoment(positionMs, words),
    ageSeconds === undefined ? 'unknown' : describeDuration(ageSeconds),
    recordsPerSecond === undefined ? 'unknown' : rate(recordsPerSecond),
    verdict.toLowerCase().replace('_', ' '),
    describeBinding(shard),
    describeLeft(shard),
  ];
}

function describeBinding({ binding, verdict }: ShardStatus): string {
  if (binding !== undefined) return binding;
  return verdict === 'CATCHING_UP' || verdict === 'SLOW' ? 'unknown' : '-';
}

function describeLeft({ verdict, remaining }: ShardStatus): string {
  if (verdict === 'OK') return '-';
  switch (remaining?.kind) {
    case 'time':
      return describeDuration(remaining.seconds);
    case 'measuring':
      return 'measuring';
    case 'notAtThisRate':
      return 'no end';
    case undefined:
      return 'unknown';
  }
}

/** What is around the stream, by its name. */
function describeAround(status: Status, words: WordsOptions): readonly (readonly [string, string])[] {
  return [
    ['mapping', describeMapping(status, words)],
    ['version', describeVersion(status)],
    ['waiting', describeWaiting(status)],
    ['pages', describePages(status)],
    ['watchdog', describeWatchdog(status, words)],
    ['alarms', describeAlarms(status, words)],
    ...(status.lastMoment === undefined ? [] : [['act by', describeLastMoment(status.lastMoment, words)] as const]),
    ...status.failures.map((failure) => ['unseen', failure.replace(/^cannot see /, '')] as const),
  ];
}

function describeMapping({ mapping }: Status, words: WordsOptions): string {
  if (mapping === undefined) return 'unknown';
  const { state, parallelizationFactor, batchSize, changedAtMs } = mapping;
  return [
    state.toLowerCase(),
    ...(parallelizationFactor === undefined ? [] : [`${parallelizationFactor} lanes a shard`]),
    ...(batchSize === undefined ? [] : [`batches of ${batchSize.toLocaleString('en-US')}`]),
    ...(changedAtMs === undefined ? [] : [`changed ${describeMoment(changedAtMs, words)}`]),
  ].join(', ');
}

function describeVersion({ functionVersion = 'unknown', buildVersion, deployedBuild, stackStatus }: Status): string {
  const isOther = buildVersion !== undefined && buildVersion !== deployedBuild;
  const said = isOther
    ? `build ${buildVersion} committed last, ${deployedBuild} is deployed`
    : `build ${deployedBuild}`;
  return `${functionVersion}, ${said}; stack ${stackStatus.toLowerCase().replaceAll('_', ' ')}`;
}

function describeWaiting({ quarantine, failedBatches }: Status): string {
  const bucket = {
    none: 'no on-failure destination',
    unknown: 'on-failure objects unknown',
  };
  const objects =
    typeof failedBatches === 'number'
      ? `${count(failedBatches)} on-failure objects`
      : bucket[failedBatches ?? 'unknown'];
  if (quarantine === undefined) return `quarantine unknown; ${objects}`;
  const { open, openAgeSeconds, waiting } = quarantine;
  const oldest = open > 0 ? `, oldest ${describeDuration(openAgeSeconds)}` : '';
  return `quarantine ${count(open)} open${oldest}, ${count(waiting)} retried automatically; ${objects}`;
}

function describePages({ pageSubscribers }: Status): string {
  if (pageSubscribers === undefined) return 'unknown';
  if (pageSubscribers === 'unwatched') return 'nobody needs to be paged';
  return pageSubscribers === 0 ? 'nobody is subscribed' : `${count(pageSubscribers)} subscribed`;
}

function describeWatchdog({ watchdog }: Status, words: WordsOptions): string {
  if (watchdog === undefined) return 'unknown';
  if (watchdog === 'silent') return 'has told nothing for an hour: nobody is paged';
  const { verdict = 'unknown', atMs } = watchdog;
  return `said ${verdict.toLowerCase().replace('_', ' ')} at ${describeMoment(atMs, words)}`;
}

function describeAlarms({ alarms }: Status, words: WordsOptions): string {
  if (alarms === undefined) return 'unknown';
  if (alarms === 'none') return 'there are none so far: they come when the watchdog has run for some minutes';
  if (alarms.length === 0) return 'none is on';
  return alarms
    .map(({ name, sinceMs }) => `${name} since ${sinceMs === undefined ? 'unknown' : describeMoment(sinceMs, words)}`)
    .join(', ');
}

function describeLastMoment(
  { lossMs, catchUpSeconds }: NonNullable<Status['lastMoment']>,
  words: WordsOptions,
): string {
  const loss =
    lossMs <= words.nowMs ? 'records are being lost' : `records will be lost from ${describeMoment(lossMs, words)} on`;
  if (catchUpSeconds === undefined) return `unknown: processing was never faster than arrivals; ${loss}`;
  const startMs = lossMs - 1000 * catchUpSeconds;
  const start = startMs <= words.nowMs ? 'now' : describeMoment(startMs, words);
  return `${start}: catching up takes ${describeDuration(catchUpSeconds)} at the fastest seen; ${loss}`;
}

function rate(perSecond: number): string {
  return perSecond >= 10 || perSecond === 0 ? Math.round(perSecond).toLocaleString('en-US') : perSecond.toFixed(1);
}

/** The watchdog's questions, which are asked here too, count no further than the bound. */
function count(value: number): string {
  return `${value.toLocaleString('en-US')}${value === MAX_GAUGE_COUNT ? ' or more' : ''}`;
}

/** Breaks a text into lines that are not too wide; the first one follows a title, the others are as far in. */
function wrap(text: string, title: string): readonly string[] {
  const lines: string[] = [];
  let line = title;
  for (const word of text.split(' ')) {
    const joined = line.endsWith(' ') ? line + word : `${line} ${word}`;
    if (joined.length > COLUMNS && line.trim() !== '' && line !== title) {
      lines.push(line);
      line = ' '.repeat(title.length) + word;
    } else line = joined;
  }
  return [...lines, line];
}
