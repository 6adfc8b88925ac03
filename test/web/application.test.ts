/** @file The application in a real browser, over a real service: every page, live, by keyboard, in the dark, narrow, with a key, without the service. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addKey } from '../../src/access/index.ts';
import type { Job } from '../../src/jobs/index.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from '../http/service.ts';
import { closeBrowser, describeInChromium, openPage, type Watched } from './browser.ts';

/** Too slow a learner, for which there is a cure: sigmoid in six layers. */
const sick = (changes: Record<string, unknown> = {}) =>
  tinyExperiment({
    name: 'six sigmoid layers',
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'repeat', times: 6, layers: [{ type: 'dense', units: 8, activation: 'sigmoid' }] },
        { type: 'dense', units: 2 },
      ],
    },
    remedies: { seeds: 2, max_trials: 30 },
    metadata: { ticket: 'ML-42' },
    ...changes,
  });

const HOSTILE = '<img src=x onerror="alert(1)">\u202Etxt.exe';

let service: TestService;
const jobs: Record<string, Job> = {};
beforeAll(async () => {
  service = await startTestService({ MAX_BODY_BYTES: '10000000' });
  jobs.healthy = await service.finish(tinyExperiment({ remedies: { seeds: 2, verify: false } }));
  jobs.sick = await service.finish(sick());
  jobs.hostile = await service.finish(
    tinyExperiment({
      name: HOSTILE,
      metadata: { [HOSTILE.slice(0, 20)]: HOSTILE },
      remedies: { verify: false },
    }),
  );
  jobs.exploding = await service.finish(
    tinyExperiment({
      name: 'exploding',
      // A squared error of such weights is beyond what float32 holds, whatever they start from.
      network: { input: { shape: [1] }, layers: [{ type: 'dense', units: 1 }] },
      data: { type: 'sine', samples: 60 },
      training: {
        loss: 'mean_squared_error',
        optimizer: { type: 'sgd', learning_rate: 1e12 },
        batch_size: 16,
        steps: 30,
      },
      remedies: { verify: false },
    }),
  );
}, 300_000);
afterAll(async () => {
  await closeBrowser();
  await service.close();
});

/** Serious and critical faults, as axe names them, each with a place. */
async function faults({ page }: Watched): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 120)))`,
  );
}

const width = ({ page }: Watched): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth');

describe('what is served', () => {
  it('has one strict policy, no inline script, and assets that never change', async () => {
    const response = await service.get('/');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=/);
    const script = /src="([^"]+)"/.exec(html)?.[1] ?? '';
    const asset = await service.get(script);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect((await service.get('/assets/app-000000000000.js')).status).toBe(404);
    expect((await service.get('/', { 'if-none-match': response.headers.get('etag') ?? '' })).status).toBe(
      304,
    );
  });

  it('names the page and the file of a job, its weights and its model', () => {
    const { id, links } = jobs.sick as Job;
    expect(links).toMatchObject({
      web: `/jobs/${id}`,
      report: `/v1/jobs/${id}/report`,
      weights: `/v1/jobs/${id}/weights`,
      model: `/v1/jobs/${id}/model`,
    });
  });
});

describeInChromium('the application in Chromium', () => {
  const open = (path: string, options: BrowserContextOptions = {}): Promise<Watched> =>
    openPage(service.url + path, options);

  it.each([
    ['the list', (): string => '/', '.job-row'],
    ['a sick job', (): string => `/jobs/${jobs.sick?.id}`, '.heat canvas'],
    ['a healthy job', (): string => `/jobs/${jobs.healthy?.id}`, '.badge.good'],
    ['a job that diverged', (): string => `/jobs/${jobs.exploding?.id}`, '.badge.bad'],
    ['hostile names', (): string => `/jobs/${jobs.hostile?.id}`, 'h1'],
    ['a new experiment', (): string => '/new', '.cost'],
    ['activations', (): string => '/activations', '.depth, .plain'],
    ['a comparison', (): string => `/compare?jobs=${jobs.sick?.id},${jobs.healthy?.id}`, '.plain'],
    ['a job that is not there', (): string => '/jobs/job_unknown', '.empty'],
  ] as const)(
    '%s: drawn, without a complaint or a serious fault, and as wide as a phone',
    async (_, path, sign) => {
      const screens: BrowserContextOptions[] = [
        {},
        { viewport: { width: 320, height: 640 }, colorScheme: 'dark' },
      ];
      for (const options of screens) {
        const watched = await open(path(), options);
        await watched.page.waitForSelector(sign);
        await watched.page.waitForLoadState('networkidle');
        expect(await faults(watched)).toEqual([]);
        expect(await width(watched)).toBeLessThanOrEqual((options.viewport ?? { width: 1280 }).width);
        // What the page is not given is said on the console too.
        expect(watched.complaints.filter((text) => !text.includes('404'))).toEqual([]);
        expect(
          watched.requests.filter((url) => !url.startsWith(service.url) && !url.startsWith('data:')),
        ).toEqual([]);
        await watched.close();
      }
    },
    120_000,
  );

  it('shows what was typed as text', async () => {
    const { page, complaints, close } = await open('/');
    await page.waitForSelector('.job-row');
    expect(await page.textContent('.job-list')).toContain('<img src=x');
    expect(await page.$$('.job-list img')).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('filters by finding and metadata, and goes on to the job by keyboard alone', async () => {
    const { page, close } = await open('/');
    await page.waitForSelector('.job-row');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To the content');
    await page.focus('[aria-label="Filter by text"]');
    await page.keyboard.type('ticket=ml-42');
    await expect.poll(() => page.$$('.job-row').then(({ length }) => length)).toBe(1);
    await page.focus('.job-main a');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.heat canvas');
    expect(page.url()).toBe(`${service.url}/jobs/${jobs.sick?.id}`);
    await page.focus('.heat canvas');
    await page.keyboard.press('ArrowDown');
    expect(await page.textContent('.heat-read')).toContain('dense_2, step 0');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.layer-detail h3');
    await page.goBack();
    await page.waitForSelector('.job-row');
    await close();
  });

  it('draws a curve that grows while a job trains, and ends it when asked', async () => {
    const job = (await (await service.post('/v1/jobs', tinyExperiment(endlessTraining()))).json()) as Job;
    const { page, complaints, close } = await open(`/jobs/${job.id}`);
    await page.waitForSelector('#live canvas', { timeout: 30_000 });
    await page.click('text=Cancel');
    await page.waitForSelector('text=Canceled', { timeout: 30_000 });
    expect(complaints).toEqual([]);
    await close();
  });

  it('marks an error at its line, and completes keys and values of the schema', async () => {
    const { page, close } = await open('/new');
    await page.waitForSelector('.cost');
    await page.fill(
      '.editor textarea',
      '{\n  "network": {\n    "input": { "shape": [2] },\n    "layers": [{ "type": "dense", "units": 0 }]\n  },\n  "data": { "type": "moons" },\n  "training": { "loss": "mse" }\n}',
    );
    await page.waitForSelector('.editor-errors li');
    const text = await page.textContent('.editor-errors');
    expect(text).toContain('/network/layers/0/units');
    expect(text).toContain('line 4');
    const place = '{ "training": { "optim';
    await page.fill('.editor textarea', place);
    await page.evaluate(
      `document.querySelector('.editor textarea').setSelectionRange(${place.length}, ${place.length})`,
    );
    await page.waitForSelector('.suggestions button >> text=optimizer');
    await page.keyboard.press('Control+ ');
    await page.keyboard.press('Enter');
    expect(await page.inputValue('.editor textarea')).toBe('{ "training": { "optimizer": ');
    await close();
  });

  it('says when the service is away, and goes on when it is back', async () => {
    const { page, close } = await open('/');
    await page.waitForSelector('.job-row');
    await page.context().setOffline(true);
    await page.waitForSelector('.notice', { timeout: 15_000 });
    expect(await page.$$('.job-row')).not.toEqual([]);
    await page.context().setOffline(false);
    await page.waitForSelector('.notice', { state: 'detached', timeout: 15_000 });
    await close();
  });
});

describeInChromium('with access keys, in Chromium', () => {
  it('asks for a key, keeps it in the tab alone, and shows each key its own jobs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradclinic-keys-'));
    const file = join(folder, 'keys.json');
    const [alice, bob] = [addKey(file, 'alice'), addKey(file, 'bob')];
    const guarded = await startTestService({ API_KEYS_FILE: file });
    const headers = { authorization: `Bearer ${alice}` };
    await guarded.post(
      '/v1/jobs',
      tinyExperiment({ name: 'of alice', remedies: { verify: false } }),
      headers,
    );
    const { page, close } = await openPage(`${guarded.url}/`);
    const enter = async (key: string) => {
      await page.fill('#key', key);
      await page.keyboard.press('Enter');
    };
    await page.waitForSelector('#key');
    await enter('wrong');
    await page.waitForSelector('text=does not know this key');
    await enter(bob);
    await page.waitForSelector('text=No jobs yet');
    await page.click('text=Forget key');
    await page.waitForSelector('#key');
    await enter(alice);
    await page.waitForSelector('.job-row');
    expect(await page.textContent('.job-list')).toContain('of alice');
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain(alice);
    await close();
    await guarded.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
