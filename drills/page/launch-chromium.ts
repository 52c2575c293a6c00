import { chromium, type Browser } from 'playwright-core';

/** Where Debian's package `chromium` puts the browser. */
export const CHROMIUM = '/usr/bin/chromium';

/** Starts it without a window; as root, which CI is, it needs to run without its sandbox. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}
