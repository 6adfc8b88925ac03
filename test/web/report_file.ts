/** @file The report file: whole, small, inert, and drawn by a real browser without network. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { inertJson } from '../../src/web/pages.ts';
import { describeInChromium, openPage } from './browser.ts';
import { HOSTILE, idOf, service } from './shared.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function reportOf(name: string): Promise<{ html: string; response: Response }> {
  const response = await service().get(`/v1/jobs/${idOf(name)}/report`);
  return { html: await response.text(), response };
}

function inFile(html: string): string {
  const path = join(folder, `${Math.random()}.html`);
  writeFileSync(path, html);
  return pathToFileURL(path).href;
}

describe('the report file', () => {
  it('is refused while there is no report, and for a job that is not there', async () => {
    const response = await service().get('/v1/jobs/job_unknown/report');
    expect(response.status).toBe(404);
  });

  it('keeps everything that an HTML parser could mistake out of its data', async () => {
    const { html, response } = await reportOf('hostile');
    expect(response.headers.get('content-type')).toContain('text/html');
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    expect(data).not.toMatch(/[<\u2028\u2029]/);
    const { report } = JSON.parse(data) as { report: { experiment: { name: string } } };
    expect(report.experiment.name.startsWith(HOSTILE)).toBe(true);
    expect(html).not.toContain('<img');
    expect(JSON.parse(inertJson({ text: HOSTILE }))).toEqual({ text: HOSTILE });
  });

  it('allows its own script and style by their hashes, and nothing else', async () => {
    const { html, response } = await reportOf('healthy');
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

describeInChromium('the report file in Chromium', () => {
  it('draws examples/deep-sigmoid.json from disk, with at most 1 MB, no network and no complaint', async () => {
    const { html } = await reportOf('study');
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
  });

  it('shows hostile names as the text that they are', async () => {
    const { html } = await reportOf('hostile');
    const { page, complaints, close } = await openPage(inFile(html));
    await page.waitForSelector('h1');
    expect(await page.textContent('h1')).toContain('</script><img src=x onerror="alert(1)">');
    expect(await page.$$('main img')).toEqual([]);
    await page.waitForTimeout(200);
    expect(complaints).toEqual([]);
    await close();
  });
});
