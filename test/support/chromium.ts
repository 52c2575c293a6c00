import { existsSync } from 'node:fs';

import { CHROMIUM } from '../../drills/page/launch-chromium.ts';

/** Whether tests of the page have no browser here; says so once where they have not. */
export function withoutBrowser(): boolean {
  if (existsSync(CHROMIUM)) return false;
  console.warn(`skipped: there is no ${CHROMIUM}; on Debian, apt-get install chromium`);
  return true;
}
