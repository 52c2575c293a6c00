import { describeDuration } from '../../progress/plain-words.ts';
import { html, type Html } from './html.ts';
import type { ChartPoint } from './page-history.ts';
import type { PageAlarm, PageShard, PageSnapshot, PageSum } from './page-snapshot.ts';
import { CHART_NAMES, renderCaption, renderCurves, renderRows, renderTime } from './render-charts.ts';

/** The parts of the page that change, by name: each is the content of one element. */
export type PageParts = Readonly<Record<string, string>>;

const count = (value: number): string => value.toLocaleString('en-US');

/** Renders everything on the page that changes. */
export function renderParts(snapshot: PageSnapshot, points: readonly ChartPoint[]): PageParts {
  const parts: Record<string, Html> = {
    verdict: html`<strong class="badge ${snapshot.verdict.verdict.toLowerCase()}"
      >${snapshot.verdict.verdict.replaceAll('_', ' ')}</strong
    >`,
    words: html`${snapshot.verdict.words}`,
    'last-chance': html`${snapshot.lastChance}`,
    clock: html`as of ${renderTime(snapshot.atMs)}`,
    shards: html`${snapshot.shards.map(renderShard)}`,
    sum: renderSum(snapshot.sum),
    alarms: renderAlarms(snapshot.alarms),
    'alarm-words': html`${describeAlarms(snapshot.alarms)}`,
    messages: renderMessages(snapshot),
    deliveries: renderDeliveries(snapshot),
    quarantine: renderQuarantine(snapshot),
    settings: renderSettings(snapshot),
  };
  for (const name of CHART_NAMES) {
    parts[`${name}-curves`] = renderCurves(name, points);
    parts[`${name}-caption`] = renderCaption(name, points);
    parts[`${name}-rows`] = renderRows(name, points);
  }
  return Object.fromEntries(Object.entries(parts).map(([name, { markup }]) => [name, markup]));
}

/** A shard as a lane to the tip of the stream, with the lanes of its consumer below it. */
function renderShard({ shardId, put, done, ageSeconds, lanes }: PageShard): Html {
  const percent = put === 0 ? 100 : (100 * Math.min(done, put)) / put;
  const age =
    ageSeconds === undefined ? 'age unknown' : ageSeconds < 1 ? 'at the tip' : `${describeDuration(ageSeconds)} behind`;
  const words = lanes.map(({ state, attempt }, lane) => {
    const doing = state === 'idle' ? 'idle' : state === 'working' ? 'working' : `waits, attempt ${attempt} failed`;
    return html`<li class="lane ${state}">lane ${lane}: ${doing}</li>`;
  });
  return html`<li>
    <div class="shard">
      <span class="id">${shardId}</span> <span>${count(done)} of ${count(put)} done, ${age}</span>
    </div>
    <div class="track" aria-hidden="true"><div class="done" style="width:${percent.toFixed(2)}%"></div></div>
    <ul class="lanes">
      ${words}
    </ul>
  </li>`;
}

function renderSum(sum: PageSum): Html {
  const { in: put, inEffect, withoutEffect, quarantined, waiting, inBucket, onTheWay } = sum;
  const missing = put - inEffect - withoutEffect - quarantined - waiting - inBucket - onTheWay;
  const rows: readonly (readonly [string, number])[] = [
    ['in effect', inEffect],
    ['without effect of their own', withoutEffect],
    ['in quarantine', quarantined],
    ['waiting for a row', waiting],
    ['in the bucket', inBucket],
    ['on the way', onTheWay],
  ];
  const verdict =
    missing <= 0
      ? html`<strong class="closes">All records are accounted for.</strong>`
      : html`<strong class="open">${count(missing)} records are not accounted for.</strong>`;
  return html`<tbody>
    <tr>
      <th scope="row">records in</th>
      <td>${count(put)}</td>
    </tr>
    ${rows.map(
      ([name, value]) =>
        html`<tr>
          <th scope="row">${name}</th>
          <td>${count(value)}</td>
        </tr>`,
    )}
    <tr>
      <td colspan="2">${verdict}</td>
    </tr>
  </tbody>`;
}

const SIGNS = { OK: '●', ALARM: '▲', INSUFFICIENT_DATA: '○' } as const;
const STATES = { OK: 'OK', ALARM: 'ALARM', INSUFFICIENT_DATA: 'no data' } as const;

function renderAlarms(alarms: readonly PageAlarm[] | undefined): Html {
  if (alarms === undefined)
    return html`<tr>
      <td colspan="4">The alarms of the template are being read.</td>
    </tr>`;
  const worstFirst = alarms.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  return html`${worstFirst.map(({ name, state, sinceMs, text, isPage }) => {
    const since = sinceMs === undefined ? html`` : html` since ${renderTime(sinceMs)}`;
    return html`<tr class="${state.toLowerCase()}">
      <th scope="row">${name}</th>
      <td><span aria-hidden="true">${SIGNS[state]}</span> ${STATES[state]}${since}</td>
      <td>${isPage ? 'pages' : ''}</td>
      <td>${text}</td>
    </tr>`;
  })}`;
}

function rank({ state, isPage }: PageAlarm): number {
  return (state === 'ALARM' ? 0 : state === 'INSUFFICIENT_DATA' ? 4 : 2) + (isPage ? 0 : 1);
}

/** Changes only when an alarm goes on or off: it is read out. */
function describeAlarms(alarms: readonly PageAlarm[] = []): string {
  const on = alarms.filter(({ state }) => state === 'ALARM').map(({ name }) => name);
  return on.length === 0 ? '' : `On now: ${on.join(', ')}`;
}

function renderMessages({ messages }: PageSnapshot): Html {
  if (messages.length === 0) return html`<li>No messages sent yet.</li>`;
  return html`${messages.map(
    ({ atMs, alarmName, state, text }) =>
      html`<li>${renderTime(atMs)} <strong>${STATES[state]}: ${alarmName}</strong> ${text}</li>`,
  )}`;
}

function renderDeliveries({ deliveries }: PageSnapshot): Html {
  return html`${deliveries.map(
    ({ atMs, shardId, lane, records, attempt, outcome, isGood, tookMs }) =>
      html`<tr class="${isGood ? 'good' : 'bad'}">
        <th scope="row">${renderTime(atMs)}</th>
        <td>${shardId}, lane ${lane}</td>
        <td>${count(records)}</td>
        <td>${attempt}</td>
        <td>${Math.round(tookMs)} ms</td>
        <td>${outcome}</td>
      </tr>`,
  )}`;
}

function renderQuarantine({ quarantine }: PageSnapshot): Html {
  if (quarantine.length === 0)
    return html`<tr>
      <td colspan="3">Nothing is open.</td>
    </tr>`;
  return html`${quarantine.map(
    ({ reason, events, example }) =>
      html`<tr>
        <th scope="row">${reason}</th>
        <td>${count(events)}</td>
        <td>${example}</td>
      </tr>`,
  )}`;
}

function renderSettings({ controls }: PageSnapshot): Html {
  const { isConsumerRunning, arrivalsPerSecond, batchSize, parallelizationFactor, isDatabaseUp } = controls;
  const words = [
    `Consumer ${isConsumerRunning ? 'running' : 'stopped'}`,
    `${count(arrivalsPerSecond)} new events a second`,
    `batch size ${count(batchSize)}`,
    `factor ${parallelizationFactor}`,
    `database ${isDatabaseUp ? 'up' : 'down'}`,
  ];
  return html`${words.join(' · ')}`;
}
