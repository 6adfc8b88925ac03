/** @file The application in a real browser, over a real service: every page, live, by keyboard, in the dark, narrow and wide. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Grid } from '../../client/index.ts';
import type { Job } from '../../src/jobs/index.ts';
import { endlessTraining, tinyExperiment } from '../http/service.ts';
import { describeInChromium, faults, openPage, type Watched } from './browser.ts';
import { address, idOf, jobs, service } from './shared.ts';

const SCREENS = [
  [{ width: 1280, height: 900 }, 'light'],
  [{ width: 320, height: 640 }, 'dark'],
  [{ width: 3840, height: 2160 }, 'light'],
] as const;

/** Of each chart of a layer, how many pixels are of a curve and not of the grey grid. */
const COLOURED = `[...document.querySelectorAll('.layer-detail .lines canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] > 128 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60) coloured++;
  return coloured;
})`;

/** Presses Tab until this is reached. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 100; presses++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
  }
  throw new Error(`Tab does not reach ${selector}`);
}

const width = ({ page }: Watched): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth');

describe('what is served', () => {
  it('has one strict policy, no inline script, and assets that never change', async () => {
    const response = await service().get('/');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=/);
    const script = /src="([^"]+)"/.exec(html)?.[1] ?? '';
    const asset = await service().get(script);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect((await service().get('/assets/app-000000000000.js')).status).toBe(404);
    expect((await service().get('/', { 'if-none-match': response.headers.get('etag') ?? '' })).status).toBe(
      304,
    );
  });

  it('names the page and the file of a job, its weights and its model', () => {
    const { id, links } = jobs.get('sick') as Job;
    expect(links).toMatchObject({
      web: `/jobs/${id}`,
      report: `/v1/jobs/${id}/report`,
      weights: `/v1/jobs/${id}/weights`,
      model: `/v1/jobs/${id}/model`,
    });
  });
});

describeInChromium('the application in Chromium', () => {
  const open = (path: string): Promise<Watched> => openPage(address() + path);

  it.each([
    ['the list', (): string => '/', '.job-row'],
    ['a sick job', (): string => `/jobs/${idOf('sick')}`, '.heat canvas'],
    ['a healthy job', (): string => `/jobs/${idOf('healthy')}`, '.badge.good'],
    ['a job that diverged', (): string => `/jobs/${idOf('exploding')}`, '.badge.bad'],
    ['hostile names', (): string => `/jobs/${idOf('hostile')}`, 'h1'],
    ['a new experiment', (): string => '/new', '.cost'],
    ['activations', (): string => '/activations', '.depth, .plain'],
    ['a comparison', (): string => `/compare?jobs=${idOf('sick')},${idOf('healthy')}`, '.plain'],
    ['a recurrent network', (): string => `/jobs/${idOf('recurrent')}`, '.heat canvas'],
    ['a network that merges', (): string => `/jobs/${idOf('merged')}`, '.network'],
    ['a hundred layers', (): string => `/jobs/${idOf('deep')}`, '.heat canvas'],
    ['a search', (): string => `/jobs/${idOf('search')}`, '.gallery'],
    ['the arms of one job', (): string => `/compare?jobs=${idOf('sick')}`, '.heat canvas'],
    ['a job that is not there', (): string => '/jobs/job_unknown', '.empty'],
  ] as const)(
    '%s: drawn, without a complaint or a serious fault, on a desk, a phone in the dark, and 4K',
    async (_, path, sign) => {
      const watched = await open(path());
      const { page } = watched;
      await page.waitForSelector(sign);
      await page.waitForSelector('.waiting', { state: 'detached' });
      for (const [size, colorScheme] of SCREENS) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        // What axe looks at is the same on a large screen as on a desk.
        if (size.width < 2000) expect(await faults(watched)).toEqual([]);
        expect(await width(watched)).toBeLessThanOrEqual(size.width);
      }
      // What the page is not given is said on the console too.
      expect(watched.complaints.filter((text) => !text.includes('404'))).toEqual([]);
      const elsewhere = (url: string) => !url.startsWith(address()) && !url.startsWith('data:');
      expect(watched.requests.filter(elsewhere)).toEqual([]);
      await watched.close();
    },
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
    expect(await page.title()).toBe('Jobs · GradClinic');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To the content');
    await tabTo(page, '[aria-label="Filter by text"]');
    await page.keyboard.type('six ticket=ml-42');
    await expect.poll(() => page.$$('.job-row').then(({ length }) => length)).toBe(1);
    await tabTo(page, '.job-main a');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.heat canvas');
    expect(page.url()).toBe(`${address()}/jobs/${idOf('sick')}`);
    await tabTo(page, '.heat canvas');
    await page.keyboard.press('ArrowDown');
    expect(await page.textContent('.heat-read')).toContain('dense_2, step 0');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.layer-detail h3');
    await page.goBack();
    await page.waitForSelector('.job-row');
    await expect.poll(() => page.title()).toBe('Jobs · GradClinic');
    await tabTo(page, 'nav a[href="/new"]');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.title()).toBe('New experiment · GradClinic');
    await tabTo(page, 'textarea');
    await close();
  });

  it('shows which units of a layer are dead, and a gradient that is exactly 0', async () => {
    const { page, complaints, close } = await open(`/jobs/${idOf('dead')}`);
    await page.waitForSelector('.heat canvas');
    const read = async (layer: string): Promise<number[]> => {
      const path = `/v1/jobs/${idOf('dead')}/series?run=baseline/0&tensor=output&metric=rms&layer=${layer}`;
      const grid = (await (await service().get(path)).json()) as Grid;
      return grid.stuck_units?.[0]?.dead ?? [];
    };
    for (const layer of ['dense_1', 'dense_2']) {
      await page.click(`.heat-label >> text=${layer}`);
      await page.waitForSelector(`.layer-detail h3 >> text=${layer}`);
      await page.waitForSelector('.unit-squares');
      const dead = await read(layer);
      expect(dead).not.toEqual([]);
      const drawn = await page.$$eval('.unit-squares i', (squares) =>
        squares.flatMap((square, i) => (square.className === 'stuck' ? [i] : [])),
      );
      expect(drawn).toEqual(dead);
    }
    // All of its gradients are 0: a line at 0, not an empty chart.
    const colours = await page.evaluate<number[]>(COLOURED);
    expect(Math.min(...colours)).toBeGreaterThan(100);
    expect(complaints).toEqual([]);
    await close();
  });

  it('finds what the text is in and keeps the filter in the address', async () => {
    const { page, close } = await open('/?kind=search');
    await page.waitForSelector('.job-row');
    expect(await page.$$('.job-row')).toHaveLength(1);
    await page.selectOption('[aria-label="Kind"]', '');
    await page.fill('[aria-label="Filter by text"]', 'sigmoid vanishing');
    await expect.poll(() => page.$$('.job-row').then(({ length }) => length)).toBeLessThan(4);
    await expect.poll(() => page.url()).toContain('text=sigmoid+vanishing');
    await page.click('.job-row button.tag >> text=ticket=ML-42');
    await expect.poll(() => page.url()).toContain('metadata.ticket=ML-42');
    await page.reload();
    await page.waitForSelector('.job-row');
    expect(await page.$$('.job-row')).toHaveLength(1);
    await page.selectOption('[aria-label="Verdict"]', 'healthy');
    await page.waitForSelector('text=None of your jobs match');
    await close();
  });

  it('draws a curve that grows while a job trains, and ends it when asked', async () => {
    const job = (await (await service().post('/v1/jobs', tinyExperiment(endlessTraining()))).json()) as Job;
    const watched = await open(`/jobs/${job.id}`);
    const { page, complaints, close } = watched;
    await page.waitForSelector('#live canvas');
    expect(await faults(watched)).toEqual([]);
    await page.click('text=Cancel');
    await page.waitForSelector('text=Canceled');
    expect(await faults(watched)).toEqual([]);
    expect(await page.$$('#live canvas')).toHaveLength(1);
    await page.reload();
    await page.waitForSelector('#live canvas');
    await page.click('text=Run again');
    await page.click('button:text-is("Cancel")');
    expect(page.url()).not.toContain(job.id);
    await page.waitForSelector('text=Canceled');
    expect(complaints).toEqual([]);
    await close();
  });

  it('draws a formula that is typed beside the others, and says what is wrong with one', async () => {
    const { page, close } = await open('/activations');
    await page.waitForSelector('#deep canvas');
    const formula = page.getByLabel('A formula of your own');
    await formula.fill('x * sigmoid(1.7 * x)');
    await page.keyboard.press('Enter');
    for (const part of ['#shapes .legend', '#deep .legend', '#deep table'])
      await page.waitForSelector(`${part} >> text=x * sigmoid(1.7 * x)`);
    await formula.fill('x * sigmund(x)');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=alert] >> text=sigmund');
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
    await page.fill('.editor textarea', '{\n  "name": "a"\n  "seed": 1\n}');
    await expect.poll(() => page.textContent('.editor-errors')).toMatch(/^line 3 /);
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

  it('asks again what a new experiment would cost when the service was busy', async () => {
    const { page, close } = await open('/');
    const busy = { title: 'Too busy', status: 503, detail: 'Too many wait.', code: 'overloaded', errors: [] };
    const answer = { status: 503, contentType: 'application/problem+json', body: JSON.stringify(busy) };
    await page.route('**/v1/preflight', (route) => route.fulfill(answer), { times: 1 });
    await page.goto(`${address()}/new`);
    await page.waitForSelector('#forecast >> text=Too many wait.');
    await page.waitForSelector('.cost');
    await close();
  });

  it('says when the service is away, and goes on when it is back', async () => {
    const { page, close } = await open('/');
    await page.waitForSelector('.job-row');
    await page.context().setOffline(true);
    await page.waitForSelector('.notice');
    expect(await page.$$('.job-row')).not.toEqual([]);
    await page.context().setOffline(false);
    await page.waitForSelector('.notice', { state: 'detached' });
    await close();
  });
});
