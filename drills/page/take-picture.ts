import type { Page } from 'playwright-core';
import { parseRunOptions } from '../../local/run/run-options.ts';
import type { Screen } from '../../command-line/screen.ts';
import { launchChromium } from './launch-chromium.ts';
import { runPage } from './run-page.ts';

const SIZE = { width: 1_000, height: 1_250 };

/**
 * Takes the picture of the page that the README shows: a consumer was stopped, and the page has gone out.
 *
 * @param path of the PNG file
 */
export async function takePicture(path: string, screen: Screen): Promise<void> {
  const options = parseRunOptions(['--page', '--events', '2000', '--rate', '200', '--batch-size', '200']);
  if (options === undefined) return;
  const end = new AbortController();
  const browser = await launchChromium();
  try {
    let running: Promise<boolean> = Promise.resolve(true);
    const url = await new Promise<string>((resolve, reject) => {
      const say = (line: string): void => {
        const [found] = /http:\S+/.exec(line) ?? [];
        if (found !== undefined) resolve(found);
      };
      running = runPage(options, { ...screen, say }, end.signal);
      running.catch(reject);
    });
    const page = await browser.newPage({ viewport: SIZE });
    await page.goto(url);
    await tellStory(page);
    await page.screenshot({ path });
    end.abort();
    await running;
  } finally {
    await browser.close();
  }
  screen.say(`${path} was drawn.`);
}

async function tellStory(page: Page): Promise<void> {
  const press = async (button: string, says: string): Promise<void> => {
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.locator('#result', { hasText: says }).waitFor({ timeout: 120_000 });
  };
  await press('Put bad events', 'were put on the stream');
  await press('Stop the consumer', 'is disabled');
  await press('Let them pass', 'have passed');
  await page.locator('[data-part="verdict"]', { hasText: 'STOPPED' }).waitFor();
}
