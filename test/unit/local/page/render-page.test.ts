import { describe, expect, it } from 'vitest';
import { PageHistory } from '../../../../local/page/page-history.ts';
import type { PageSnapshot } from '../../../../local/page/page-snapshot.ts';
import { renderPage } from '../../../../local/page/render-page.ts';
import { renderParts } from '../../../../local/page/render-parts.ts';
import { FORMS, snapshot } from '../../../support/page-snapshot.ts';

function partsOf(...snapshots: readonly PageSnapshot[]) {
  const history = new PageHistory();
  for (const each of snapshots) history.add(each);
  return renderParts(snapshots.at(-1) ?? snapshot(), history.points);
}

/** A text without its markup. */
function words(markup: string | undefined): string {
  return (markup ?? '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

describe('the page', () => {
  it('is complete without a script', () => {
    const page = renderPage({ title: 'orders, on this machine', forms: FORMS }, partsOf(snapshot()), 'abc');
    for (const text of [
      'CATCHING UP',
      'catching up, 12 min left',
      '2026-11-25 08:10',
      '300 of 1,200 done',
      'orders-behind',
    ]) {
      expect(words(page)).toContain(text);
    }
    expect(page).toContain('<button name="action" value="stop">Stop the consumer</button>');
    expect(page).toMatch(/<input\s+type="number"\s+name="rate"\s+min="0"\s+max="1000"\s+value="65"\s+required/);
  });

  it('shows what comes from events as text, wherever it stands', () => {
    const evil = '<img src=x onerror=alert(1)>"\'&';
    const [alarm] = snapshot().alarms ?? [];
    const [delivery] = snapshot().deliveries;
    const [shard] = snapshot().shards;
    if (alarm === undefined || delivery === undefined || shard === undefined)
      throw new Error('the sample lacks a part');
    const parts = partsOf(
      snapshot({
        verdict: { verdict: 'HELD', words: evil, sinceMs: 0 },
        lastChance: evil,
        quarantine: [{ reason: evil, events: 1, example: evil }],
        alarms: [{ ...alarm, name: evil, text: evil }],
        messages: [{ atMs: 0, alarmName: evil, state: 'OK', text: evil }],
        deliveries: [{ ...delivery, outcome: evil }],
        shards: [{ ...shard, shardId: evil }],
      }),
    );
    const page = renderPage({ title: evil, forms: [{ action: evil, button: evil }] }, parts, 'abc');
    expect(page).not.toContain('<img');
    expect(page.split('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;').length).toBeGreaterThan(12);
  });
});

describe('the sum of the records', () => {
  it('closes when each is in one place', () => {
    expect(words(partsOf(snapshot())['sum'])).toContain('records in 1,200 in effect 280');
    expect(words(partsOf(snapshot())['sum'])).toContain('All records are accounted for.');
  });

  it('says how many are missing when it does not', () => {
    const { sum } = snapshot();
    expect(words(partsOf(snapshot({ sum: { ...sum, inEffect: 277 } }))['sum'])).toContain(
      '3 records are not accounted for',
    );
  });
});

describe('a chart', () => {
  const aged = (ages: readonly (number | undefined)[]): readonly PageSnapshot[] =>
    ages.map((ageSeconds, index) =>
      snapshot({
        atMs: 1000 * index,
        shards: [{ shardId: 's', put: 1, done: 0, ageSeconds, lanes: [] }],
      }),
    );

  it('says in words what it draws: now, trend and extremes', () => {
    const parts = partsOf(...aged(Array.from({ length: 60 }, (_, second) => 60 + second)));
    expect(words(parts['age-caption'])).toBe('2 min, rising, 60 s to 2 min');
    expect(parts['age-curves']?.match(/<polyline/g)).toHaveLength(1);
  });

  it('leaves a gap where nothing is known, and calls it unknown, not 0', () => {
    const parts = partsOf(...aged([10, 20, undefined, 40, undefined]));
    expect(parts['age-curves']?.match(/<polyline/g)).toHaveLength(2);
    expect(words(parts['age-caption'])).toBe('unknown, 10 s to 40 s');
    expect(words(parts['age-rows'])).toMatch(/^\S+ unknown \S+ 40 s \S+ unknown/);
  });

  it('begins anew when time goes back, as in a recording', () => {
    const parts = partsOf(...aged([1, 2, 3]), ...aged([50]));
    expect(words(parts['age-caption'])).toBe('50 s');
  });
});

describe('alarms', () => {
  it('are named in one sentence while they are on, and that sentence is empty while none is', () => {
    expect(words(partsOf(snapshot())['alarm-words'])).toBe('On now: orders-behind');
    expect(partsOf(snapshot({ alarms: [] }))['alarm-words']).toBe('');
  });

  it('are listed with those that are on first', () => {
    const ok = { name: 'a-quiet-one', state: 'OK', sinceMs: 0, text: '', isPage: true } as const;
    const parts = partsOf(snapshot({ alarms: [ok, ...(snapshot().alarms ?? [])] }));
    expect(words(parts['alarms'])).toMatch(/^orders-behind ▲ ALARM .* a-quiet-one ● OK .* orders-errors/);
  });
});
