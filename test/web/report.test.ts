/** @file The report file: whole, small, inert, and drawn by a real browser without network. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { inertJson } from '../../src/web/pages.ts';
import { readExample, startTestService, type TestService, tinyExperiment } from '../http/service.ts';
import { closeBrowser, describeInChromium, openPage } from './browser.ts';

let service: TestService;
const folder = mkdtempSync(join(tmpdir(), 'gradclinic-report-'));
beforeAll(async () => {
  service = await startTestService();
});
afterAll(async () => {
  await closeBrowser();
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

async function reportOf(experiment: unknown): Promise<{ job: Job; html: string; response: Response }> {
  const job = await service.finish(experiment);
  const response = await service.get(job.links.report);
  return { job, html: await response.text(), response };
}

function inFile(html: string): string {
  const path = join(folder, `${Math.random()}.html`);
  writeFileSync(path, html);
  return pathToFileURL(path).href;
}

const HOSTILE = '</script><img src=x onerror="alert(1)"><!--<script> \u2028\u2029 \u202Etxt.exe & "quotes"';

const hostileExperiment = () =>
  tinyExperiment({
    name: `${HOSTILE}${'long '.repeat(20)}`.slice(0, 200),
    metadata: { '<b>key</b>': HOSTILE.slice(0, 100) },
  });

describe('the report file', () => {
  it('is refused while there is no report, and for a job that is not there', async () => {
    const response = await service.get('/v1/jobs/job_unknown/report');
    expect(response.status).toBe(404);
  });

  it('keeps everything that an HTML parser could mistake out of its data', async () => {
    const { html, response } = await reportOf(hostileExperiment());
    expect(response.headers.get('content-type')).toContain('text/html');
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    expect(data).not.toMatch(/[<\u2028\u2029]/);
    const { report } = JSON.parse(data) as { report: { experiment: { name: string } } };
    expect(report.experiment.name.startsWith(HOSTILE)).toBe(true);
    expect(html).not.toContain('<img');
    expect(JSON.parse(inertJson({ text: HOSTILE }))).toEqual({ text: HOSTILE });
  });

  it('allows its own script and style by their hashes, and nothing else', async () => {
    const { html, response } = await reportOf(tinyExperiment());
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+'; /);
    expect(html).toContain(`content="${policy.replace("; frame-ancestors 'none'", '')}"`);
  });
});

/** Different colours of each heat map, told by the page. */
const COUNT_COLOURS = `[...document.querySelectorAll('.heat canvas')].map((canvas) => {
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return new Set(new Uint32Array(pixels.buffer)).size;
})`;

/** A study that finds a cure; test/scenarios/examples.test.ts looks at the size of a longer one. */
const study = () => {
  const example = readExample('deep-sigmoid');
  return { ...example, remedies: { ...(example.remedies as object), min_duration_s: 10 } };
};

/** On a machine that may be busy. */
const STUDY_MS = 300_000;

describeInChromium('the report file in Chromium', () => {
  it(
    'draws examples/deep-sigmoid.json from disk, with at most 1 MB, no network and no complaint',
    async () => {
      const { html } = await reportOf(study());
      expect(Buffer.byteLength(html)).toBeLessThan(1_000_000);
      const { page, complaints, requests, close } = await openPage(inFile(html), { offline: true });
      await page.waitForSelector('.heat canvas');
      expect(await page.textContent('h1')).toBe('deep sigmoid on two moons');
      expect(await page.textContent('.panel.bad')).toContain('Vanishing gradient');
      // Two heat maps, with more than one colour each.
      const colours = await page.evaluate<number[]>(COUNT_COLOURS);
      expect(colours).toHaveLength(2);
      for (const count of colours) expect(count).toBeGreaterThan(20);
      const pdf = await page.pdf();
      expect(pdf.byteLength).toBeGreaterThan(50_000);
      expect(requests.filter((url) => !/^(file|data|blob):/.test(url))).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
    STUDY_MS,
  );

  it('shows hostile names as the text that they are', async () => {
    const { html } = await reportOf(hostileExperiment());
    const { page, complaints, close } = await openPage(inFile(html));
    await page.waitForSelector('h1');
    expect(await page.textContent('h1')).toContain('</script><img src=x onerror="alert(1)">');
    expect(await page.$$('main img')).toEqual([]);
    await page.waitForTimeout(200);
    expect(complaints).toEqual([]);
    await close();
  });
});
