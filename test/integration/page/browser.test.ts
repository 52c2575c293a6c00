import axe from 'axe-core';
import type { Browser, Page as BrowserPage } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from '../../../drills/page/launch-chromium.ts';
import { startPage, type Page } from '../../../local/page/start-page.ts';
import { withoutBrowser } from '../../support/chromium.ts';
import { FORMS, snapshot } from '../../support/page-snapshot.ts';

let browser: Browser;
let served: Page;
let actions: string[];

beforeEach(async () => {
  actions = [];
  served = await startPage({
    title: 'orders',
    first: snapshot(),
    forms: FORMS,
    act: (action, fields) => {
      actions.push(`${action} ${JSON.stringify(fields)}`);
      return Promise.resolve(`Done: ${action}.`);
    },
  });
});
afterEach(() => served[Symbol.asyncDispose]());

async function open(options: Parameters<Browser['newPage']>[0] = {}): Promise<BrowserPage> {
  const page = await browser.newPage(options);
  await page.goto(served.url);
  return page;
}

describe.skipIf(withoutBrowser())('the page in a browser', () => {
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it.each(['light', 'dark'] as const)('has no fault that axe can find, in a %s scheme', async (colorScheme) => {
    await using page = await open({ colorScheme });
    await page.evaluate(axe.source);
    const results = await page.evaluate<axe.AxeResults>('axe.run()');
    expect(results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  });

  it('shows each snapshot as it comes, and none while it is paused', async () => {
    await using page = await open();
    await page.getByText('live', { exact: true }).waitFor();
    served.show(snapshot({ lastChance: 'the second' }));
    await page.getByText('the second').waitFor();
    await page.getByRole('button', { name: 'Pause the display' }).click();
    served.show(snapshot({ lastChance: 'the third' }));
    await page.waitForFunction('newest["last-chance"] === "the third"');
    expect(await page.getByText('the second').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Pause the display' }).click();
    await page.getByText('the third').waitFor();
  });

  it('changes what is read out only when it says something else', async () => {
    await using page = await open();
    await page.getByText('live', { exact: true }).waitFor();
    await page.evaluate(`changes = 0; new MutationObserver(() => { changes += 1; })
      .observe(document.querySelector('[data-part="verdict"]'), { childList: true, subtree: true })`);
    served.show(snapshot({ lastChance: 'same verdict' }));
    await page.getByText('same verdict').waitFor();
    expect(await page.evaluate('changes')).toBe(0);
    served.show(snapshot({ verdict: { verdict: 'STOPPED', words: 'stopped', sinceMs: 0 } }));
    await page.getByText('STOPPED', { exact: true }).waitFor();
    expect(await page.evaluate('changes')).toBe(1);
  });

  it('can be used with the keyboard alone, and says what it did', async () => {
    await using page = await open();
    await page.getByText('live', { exact: true }).waitFor();
    for (let tabs = 0; tabs < 20; tabs += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate('document.activeElement.value === "stop"')) break;
    }
    await page.keyboard.press('Enter');
    await page.getByText('Done: stop.').waitFor();
    await page.getByLabel('New events a second').fill('70');
    await page.keyboard.press('Enter');
    await page.getByText('Done: rate.').waitFor();
    expect(actions).toEqual(['stop {}', 'rate {"rate":70}']);
  });

  it('works without a script: complete, and forms lead back to it', async () => {
    await using context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(served.url);
    expect(await page.getByText('catching up, 12 min left').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Stop the consumer' }).click();
    expect(page.url()).toBe(served.url);
    expect(actions).toEqual(['stop {}']);
  });

  it('fits a phone: nothing but wide tables scrolls sideways', async () => {
    await using page = await open({ viewport: { width: 360, height: 700 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });

  it('says that it is disconnected, and comes back by itself', async () => {
    await using page = await open();
    await page.getByText('live', { exact: true }).waitFor();
    await page.clock.install();
    await page.context().setOffline(true);
    const { port } = new URL(served.url);
    await served[Symbol.asyncDispose]();
    await page.clock.runFor(10_000);
    await page.getByText(/^disconnected: last seen \d+ s ago$/).waitFor();
    expect(Number(port)).toBeGreaterThan(0);
  });
});
