import { html, Html } from './html.ts';
import type { PageParts } from './render-parts.ts';
import { CHART_NAMES, chartColumns, chartTitle, type ChartName } from './render-charts.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';

/** A field of a form on the page: a number within bounds. */
export interface PageField {
  readonly name: string;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly value: number;
}

/** A form on the page: what it does when its button is pressed. */
export interface PageForm {
  /** Sent back as `action`. */
  readonly action: string;
  readonly button: string;
  readonly fields?: readonly PageField[];
}

/** What the page is made of, besides the parts that change. */
export interface PageFrame {
  readonly title: string;
  readonly forms: readonly PageForm[];
}

/** Takes the content of an element that changes. */
type Part = (name: string) => Html;

/**
 * Renders the whole page, complete without a script.
 *
 * @param parts content of the elements that change
 * @param nonce lets the style and the script of this answer run, and no others
 */
export function renderPage(frame: PageFrame, parts: PageParts, nonce: string): string {
  const part: Part = (name) => new Html(parts[name] ?? '');
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${frame.title}</title>
        <link rel="icon" href="data:," />
        <style nonce="${nonce}">
          ${new Html(PAGE_STYLE)}
        </style>
      </head>
      <body>
        ${renderHeader(frame, part)}
        <main>
          ${renderControls(frame, part)} ${renderStream(part)} ${CHART_NAMES.map((name) => renderChart(name, part))}
          ${renderAlarms(part)} ${renderRecords(part)}
        </main>
        <script nonce="${nonce}">
          ${new Html(PAGE_SCRIPT)};
        </script>
      </body>
    </html> `.markup;
}

function renderHeader({ title }: PageFrame, part: Part): Html {
  return html`<header>
    <h1>${title}</h1>
    <p class="verdict">
      <span role="status" data-part="verdict">${part('verdict')}</span> <span data-part="words">${part('words')}</span>
    </p>
    <p data-part="last-chance">${part('last-chance')}</p>
    <p role="alert" class="open" data-part="alarm-words">${part('alarm-words')}</p>
    <p class="soft">
      <span data-part="clock">${part('clock')}</span> · <span id="connection" role="status">as loaded</span>
      <button id="pause" type="button" aria-pressed="false" hidden>Pause the display</button>
    </p>
  </header>`;
}

function renderControls({ forms }: PageFrame, part: Part): Html {
  return html`<section class="wide" aria-labelledby="controls-head">
    <h2 id="controls-head">Try it</h2>
    <div class="forms">${forms.map(renderForm)}</div>
    <p data-part="settings">${part('settings')}</p>
    <p id="result" role="status"></p>
  </section>`;
}

function renderStream(part: Part): Html {
  return html`<section aria-labelledby="shards-head">
      <h2 id="shards-head">Stream</h2>
      <ul data-part="shards">
        ${part('shards')}
      </ul>
    </section>
    <section aria-labelledby="sum-head">
      <h2 id="sum-head">Where the records are</h2>
      <table data-part="sum" aria-labelledby="sum-head">
        ${part('sum')}
      </table>
    </section>`;
}

function renderAlarms(part: Part): Html {
  return html`<section class="wide" aria-labelledby="alarms-head">
    <h2 id="alarms-head">Alarms of the template, as they would be now</h2>
    ${renderTable({ head: 'alarms-head', columns: ['alarm', 'state', 'pages', 'what it says'], rows: 'alarms' }, part)}
    <h2>What has been sent</h2>
    <ul data-part="messages">
      ${part('messages')}
    </ul>
  </section>`;
}

function renderRecords(part: Part): Html {
  const deliveries = ['time', 'lane', 'records', 'attempt', 'took', 'outcome'];
  return html`<section class="wide" aria-labelledby="quarantine-head">
      <h2 id="quarantine-head">Quarantine</h2>
      ${renderTable({ head: 'quarantine-head', columns: ['reason', 'events', 'example'], rows: 'quarantine' }, part)}
    </section>
    <section class="wide" aria-labelledby="deliveries-head">
      <h2 id="deliveries-head">Last deliveries</h2>
      ${renderTable({ head: 'deliveries-head', columns: deliveries, rows: 'deliveries' }, part)}
    </section>`;
}

function renderForm({ action, button, fields = [] }: PageForm): Html {
  const inputs = fields.map(
    ({ name, label, min, max, value }) =>
      html`<label
        >${label}<input type="number" name="${name}" min="${min}" max="${max}" value="${value}" required
      /></label>`,
  );
  return html`<form method="post" action="actions">
    ${inputs}<button name="action" value="${action}">${button}</button>
  </form>`;
}

function renderChart(name: ChartName, part: Part): Html {
  const head = `chart-${name}`;
  return html`<section aria-labelledby="${head}">
    <h2 id="${head}">${chartTitle(name)}</h2>
    <figure>
      <div data-part="${name}-curves">${part(`${name}-curves`)}</div>
      <figcaption data-part="${name}-caption">${part(`${name}-caption`)}</figcaption>
    </figure>
    <details>
      <summary>Last values as a table</summary>
      ${renderTable({ head, columns: chartColumns(name), rows: `${name}-rows` }, part)}
    </details>
  </section>`;
}

interface Table {
  /** Id of the element that names it. */
  readonly head: string;
  readonly columns: readonly string[];
  /** The part that its rows are. */
  readonly rows: string;
}

/** Wide tables scroll by themselves, also by keyboard. */
function renderTable({ head, columns, rows }: Table, part: Part): Html {
  const heads = columns.map((column) => html`<th scope="col">${column}</th>`);
  return html`<div class="scroll" tabindex="0" role="group" aria-labelledby="${head}">
    <table aria-labelledby="${head}">
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody data-part="${rows}">
        ${part(rows)}
      </tbody>
    </table>
  </div>`;
}
