/** @file All that needs the pages: one service, one set of jobs and one browser for them all. */
import { afterAll, beforeAll } from 'vitest';
import { closeBrowser } from './browser.ts';
import { setUp, tearDown } from './shared.ts';
import './application.ts';
import './drops.ts';
import './guarded.ts';
import './report_file.ts';

beforeAll(setUp);
afterAll(async () => {
  await closeBrowser();
  await tearDown();
});
