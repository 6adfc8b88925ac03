/**
 * @file Makes the pictures of the README anew, from real jobs: `node test/web/screenshots.ts` (a minute). Look at them: nothing else
 * tells whether they are readable.
 */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { readExample, startTestService } from '../http/service.ts';
import { closeBrowser, openPage } from './browser.ts';

const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const WIDTH = 1240;

const service = await startTestService();
const sick = await service.finish(readExample('deep-sigmoid'));
const [healthy] = await Promise.all(
  ['dead-relu', 'exploding-large-init', 'healthy-relu', 'digits-mlp'].map((name) =>
    service.finish({ ...readExample(name), remedies: { max_trials: 20, min_duration_s: 5 } }),
  ),
);

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly height: number;
  readonly ready: string;
  before?(page: Page): Promise<unknown>;
}

const scrollTo = (selector: string) => (page: Page) =>
  page.evaluate(
    `scrollTo(0, document.querySelector('${selector}').getBoundingClientRect().top + scrollY - 76)`,
  );

const pictures: readonly Picture[] = [
  { name: 'job', path: `/jobs/${sick.id}`, height: 960, ready: '.lines canvas' },
  {
    name: 'layers',
    path: `/jobs/${sick.id}`,
    height: 700,
    ready: '.heat canvas',
    before: scrollTo('#layers'),
  },
  {
    name: 'remedies',
    path: `/jobs/${sick.id}`,
    height: 900,
    ready: '.forest',
    before: scrollTo('#remedies'),
  },
  { name: 'checks', path: `/jobs/${sick.id}`, height: 900, ready: '.marks', before: scrollTo('#checks') },
  { name: 'network', path: `/jobs/${sick.id}`, height: 640, ready: '.network', before: scrollTo('#network') },
  { name: 'jobs', path: '/', height: 620, ready: '.job-row' },
  { name: 'new-experiment', path: '/new', height: 860, ready: '.cost' },
  { name: 'activations', path: '/activations', height: 1500, ready: '.plain' },
  { name: 'compare', path: `/compare?jobs=${sick.id},${healthy?.id}`, height: 1300, ready: '.heat canvas' },
];

/** These stand in the README; the others are only to be looked at, in the folder that is named. */
const SHOWN: readonly string[] = ['job', 'layers', 'remedies', 'new-experiment'];
const elsewhere = process.argv[2];

for (const { name, path, height, ready, before } of pictures) {
  if (elsewhere === undefined && !SHOWN.includes(name)) continue;
  const { page, close } = await openPage(service.url + path, { viewport: { width: WIDTH, height } });
  await page.waitForSelector(ready);
  await page.waitForLoadState('networkidle');
  await before?.(page);
  const to = elsewhere === undefined || SHOWN.includes(name) ? (elsewhere ?? folder) : elsewhere;
  await page.screenshot({ path: `${to.replace(/\/$/, '')}/${name}.png` });
  await close();
}
await closeBrowser();
await service.close();
