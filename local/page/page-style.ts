/** Looks of the page. Colours have a contrast of at least 4.5 to 1 for text and 3 to 1 for what is drawn, in both schemes. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --page: #ffffff; --panel: #f6f8fa; --line: #d1d9e0;
  --a: #0969da; --b: #bc4c00; --c: #1a7f37; --d: #8250df; --good: #1a7f37; --bad: #cf222e; --warn: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f6fc; --soft: #9198a1; --page: #0d1117; --panel: #151b23; --line: #3d444d;
  --a: #4493f8; --b: #f0883e; --c: #3fb950; --d: #ab7df8; --good: #3fb950; --bad: #ff7b72; --warn: #d29922; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 75rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); }
h1 { font-size: 1.25rem; margin: 0; } h2 { font-size: 1rem; margin: 0 0 .5rem; }
p { margin: .25rem 0; } ul { margin: 0; padding: 0; list-style: none; }
header { border-bottom: 1px solid var(--line); padding-bottom: .75rem; margin-bottom: 1rem; }
.verdict { font-size: 1.25rem; margin: .5rem 0; }
.badge { display: inline-block; padding: 0 .5rem; border: 2px solid currentColor; border-radius: .25rem; }
.badge.ok { color: var(--good); } .badge.catching_up, .badge.slow { color: var(--warn); }
.badge.stalled, .badge.stopped, .badge.held, .badge.blind { color: var(--bad); }
.soft, caption { color: var(--soft); } caption { text-align: left; }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); }
section { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; min-width: 0; }
section.wide { grid-column: 1 / -1; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; } th, td { text-align: left; padding: .125rem .75rem .125rem 0; vertical-align: top; font-weight: normal; }
thead th { color: var(--soft); } tr.alarm td:nth-child(2), tr.bad td:last-child, .open { color: var(--bad); font-weight: 600; } .closes { color: var(--good); }
figure { margin: 0; } svg { display: block; width: 100%; height: 7.5rem; } figcaption { font-size: .875rem; }
polyline { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; } .grid { stroke: var(--line); vector-effect: non-scaling-stroke; }
.series-0 { stroke: var(--a); } .series-1 { stroke: var(--b); } .series-2 { stroke: var(--c); } .series-3 { stroke: var(--d); }
.key { display: inline-block; margin-right: 1rem; padding-left: .5rem; border-left: .25rem solid; }
.key-0 { border-color: var(--a); } .key-1 { border-color: var(--b); border-left-style: dashed; } .key-2 { border-color: var(--c); border-left-style: dotted; } .key-3 { border-color: var(--d); border-left-style: double; }
.shard { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; font-size: .875rem; }
.track { height: .75rem; border: 1px solid var(--soft); border-radius: .25rem; overflow: hidden; } .done { height: 100%; background: var(--a); }
.lanes { display: flex; flex-wrap: wrap; gap: .25rem .5rem; margin: .25rem 0 .75rem; font-size: .8125rem; }
.lane { padding: 0 .375rem; border: 1px solid var(--line); border-radius: .25rem; }
.lane.working { border-color: var(--a); } .lane.waiting { border: 2px dashed var(--bad); }
.forms { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin-bottom: .5rem; }
form { display: inline-flex; flex-wrap: wrap; gap: .25rem .5rem; align-items: end; }
label { display: grid; font-size: .875rem; color: var(--soft); }
button, input { font: inherit; color: var(--ink); background: var(--page); border: 1px solid var(--soft); border-radius: .25rem; padding: .25rem .625rem; min-height: 2.5rem; }
input[type='number'] { width: 7.5rem; } input[type='range'] { width: min(100%, 30rem); padding: 0; }
:focus-visible { outline: 3px solid var(--a); outline-offset: 2px; }
.stale main { opacity: .55; } summary { font-size: .875rem; }
@media (prefers-reduced-motion: no-preference) { .done { transition: width .4s linear; } }
@media (forced-colors: active) { .done { background: Highlight; } }
`;
