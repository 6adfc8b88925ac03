/** @file A service with access keys, in Chromium: whose jobs are seen, a job that failed, and a service that stops and comes back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addKey } from '../../src/access/index.ts';
import type { Job } from '../../src/jobs/index.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from '../http/service.ts';
import { describeInChromium, faults, openPage, type Watched } from './browser.ts';

describeInChromium('with access keys, in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-keys-'));
  const file = join(folder, 'keys.json');
  const [alice, bob] = [addKey(file, 'alice'), addKey(file, 'bob')];
  const headers = { authorization: `Bearer ${alice}` };
  const settings = { API_KEYS_FILE: file, MAX_JOB_SECONDS: '1', DATA_DIR: join(folder, 'data') };
  let guarded: TestService;
  beforeAll(async () => {
    guarded = await startTestService(settings);
  });
  afterAll(async () => {
    await guarded.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const enter = async ({ page }: Watched, key: string) => {
    await page.waitForSelector('#key');
    await page.fill('#key', key);
    await page.keyboard.press('Enter');
  };
  const submit = async (changes: Record<string, unknown>): Promise<Job> =>
    (await (await guarded.post('/v1/jobs', tinyExperiment(changes), headers)).json()) as Job;

  it('asks for a key, keeps it in the tab alone, and shows each key its own jobs', async () => {
    await submit({ name: 'of alice', remedies: { verify: false } });
    const watched = await openPage(`${guarded.url}/`);
    const { page, close } = watched;
    await enter(watched, 'wrong');
    await page.waitForSelector('text=does not know this key');
    await enter(watched, bob);
    await page.waitForSelector('text=No jobs yet');
    await page.click('text=Forget key');
    await enter(watched, alice);
    await page.waitForSelector('.job-row');
    expect(await page.textContent('.job-list')).toContain('of alice');
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain(alice);
    await close();
  });

  it('says why a job failed', async () => {
    const { id } = await submit({ name: 'too long', ...endlessTraining() });
    const watched = await openPage(`${guarded.url}/jobs/${id}`);
    await enter(watched, alice);
    await watched.page.waitForSelector('text=Failed');
    expect(await watched.page.textContent('.panel.bad')).toContain('Job timed out');
    expect(await faults(watched)).toEqual([]);
    await watched.page.click('text=Run again');
    await watched.page.waitForURL((url) => !url.pathname.endsWith(id));
    await watched.page.waitForSelector('h1 >> text=too long');
    await watched.close();
  });

  it('keeps what was read while the service is stopped, and goes on when it is back', async () => {
    const watched = await openPage(`${guarded.url}/`);
    const { page, close } = watched;
    await enter(watched, alice);
    await page.waitForSelector('.job-row');
    const { port } = new URL(guarded.url);
    await guarded.stop();
    await page.waitForSelector('.notice');
    expect(await page.$$('.job-row')).not.toEqual([]);
    guarded = await startTestService({ ...settings, PORT: port });
    await page.waitForSelector('.notice', { state: 'detached' });
    await submit({ name: 'after the return', remedies: { verify: false } });
    await page.waitForSelector('text=after the return');
    await close();
  });
});
