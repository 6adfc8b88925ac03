/**
 * @file The web application in Chromium, over a real service: first paint of a finished job, first curve of a new one, the heat map of
 * 100 layers by 10,000 steps drawn and panned, the memory of a page that follows a job for long. Prints a table. Exit code 1 where a bar is missed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { readExample, startTestService, tinyExperiment } from '../../test/http/service.ts';
import { closeBrowser, openPage } from '../../test/web/browser.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const minutes = Number(values.minutes);

const ROUNDS = 5;
const BARS = {
  ...{ first_paint_ms: 1000, first_live_ms: 1000, draw_ms: 100 },
  ...{ frames_per_second: 50, growth_mib: 10 },
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-bench-web-'));
const service = await startTestService();

/** From the navigation to the first paint, and to the first picture of the report, in a browser that has cached nothing. */
async function paint(id: string): Promise<{ first: number; picture: number }> {
  const { page, close } = await openPage(`${service.url}/jobs/${id}`);
  await page.waitForSelector('.lines canvas');
  const picture = await page.evaluate<number>('performance.now()');
  const first = await page.evaluate<number>(
    `performance.getEntriesByName('first-contentful-paint')[0].startTime`,
  );
  await close();
  return { first, picture };
}

/** Milliseconds from the request for a job to its first curve, on a page that is opened with the answer. */
async function firstLiveCurve(): Promise<number> {
  const { page, close } = await openPage(service.url);
  await page.waitForSelector('nav');
  const start = performance.now();
  const { id } = (await (await service.post('/v1/jobs', readExample('deep-sigmoid'))).json()) as {
    id: string;
  };
  await page.goto(`${service.url}/jobs/${id}`);
  await page.waitForSelector('#live canvas');
  const milliseconds = performance.now() - start;
  await close();
  await service.post(`/v1/jobs/${id}/cancel`, '');
  await service.get(`/v1/jobs/${id}`, { prefer: 'wait=60' });
  return milliseconds;
}

/** A hundred layers trained for real, 10,000 steps, of which every hundredth is measured. */
const deep = () =>
  tinyExperiment({
    name: 'a hundred layers, 10,000 steps',
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'repeat', times: 99, layers: [{ type: 'dense', units: 4, activation: 'tanh' }] },
        { type: 'dense', units: 2 },
      ],
    },
    training: { ...(tinyExperiment().training as object), steps: 10_000 },
    diagnostics: { probe_every: 100 },
    remedies: { seeds: 1, verify: false },
  });

async function heatPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.tsx', import.meta.url))],
    bundle: true,
    write: false,
    outdir: folder,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
  });
  const text = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? '';
  const file = join(folder, 'heat.html');
  writeFileSync(join(folder, 'heat.js'), text('.js'));
  writeFileSync(
    file,
    `<!doctype html><meta charset="utf-8"><style>${text('.css')}</style><div id="root"></div><script src="heat.js"></script>`,
  );
  return pathToFileURL(file).href;
}

/** Frames a second while the hand drags to and fro for so long, over a view of a tenth of the steps. */
async function pannedFrames(page: Page, seconds: number): Promise<number> {
  const canvas = page.locator('.heat canvas');
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('no heat map');
  await canvas.focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press('+');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.evaluate('frames.length = 0');
  for (const end = Date.now() + seconds * 1000; Date.now() < end; )
    await page.mouse.move(x + 300 * Math.sin(Date.now() / 200), y);
  const frames = await page.evaluate<number[]>('frames');
  await page.mouse.up();
  return ((frames.length - 1) * 1000) / ((frames.at(-1) ?? 0) - (frames[0] ?? 0));
}

/** A training of hours: a tiny one would have ended within the first minutes. */
const long = () => ({
  name: 'live',
  network: {
    input: { shape: [64] },
    layers: [
      { type: 'repeat', times: 8, layers: [{ type: 'dense', units: 64, activation: 'tanh' }] },
      { type: 'dense', units: 10 },
    ],
  },
  data: { type: 'digits' },
  training: {
    loss: 'softmax_cross_entropy',
    optimizer: { type: 'adam', learning_rate: 1e-4 },
    batch_size: 256,
    steps: 1_000_000,
  },
  diagnostics: { probe_every: 1000 },
  remedies: { seeds: 1, verify: false },
});

/** MiB of the heap after a collection, once a minute. */
async function liveHeap(): Promise<number[]> {
  const answer = await service.post('/v1/jobs', long());
  const { id } = (await answer.json()) as { id: string };
  const { page, close } = await openPage(`${service.url}/jobs/${id}`);
  await page.waitForSelector('#live canvas', { timeout: 60_000 });
  const session = await page.context().newCDPSession(page);
  const heap: number[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    await page.waitForTimeout(60_000);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    heap.push(usedSize / 2 ** 20);
  }
  const job = (await (await service.get(`/v1/jobs/${id}`)).json()) as { status: string };
  if (job.status !== 'running') throw new Error(`the live job is ${job.status}: its page was not live`);
  await service.post(`/v1/jobs/${id}/cancel`, '');
  await close();
  return heap;
}

const rows: [string, string, string, boolean][] = [];
const row = (name: string, value: number, unit: string, bar: number, isMet: boolean) =>
  rows.push([name, `${Number(value.toPrecision(3))} ${unit}`, `${bar} ${unit}`, isMet]);

for (const [name, experiment] of [
  ['deep-sigmoid', readExample('deep-sigmoid')],
  ['100 layers, 10,000 steps', deep()],
] as const) {
  const { id } = await service.finish(experiment);
  const paints: { first: number; picture: number }[] = [];
  for (let i = 0; i < ROUNDS; i++) paints.push(await paint(id));
  const [first, picture] = [median(paints.map((one) => one.first)), median(paints.map((one) => one.picture))];
  row(`first paint, ${name}`, first, 'ms', BARS.first_paint_ms, first <= BARS.first_paint_ms);
  row(`first curves, ${name}`, picture, 'ms', BARS.first_paint_ms, picture <= BARS.first_paint_ms);
}

const live: number[] = [];
for (let i = 0; i < ROUNDS; i++) live.push(await firstLiveCurve());
row('first curve of a new job', median(live), 'ms', BARS.first_live_ms, median(live) <= BARS.first_live_ms);
console.log(`first curve of a new job, ms: ${live.map((one) => one.toFixed(0)).join(' ')}`);

const { page, close } = await openPage(await heatPage());
await page.waitForSelector('.heat canvas');
const drawn: number[] = [];
for (let i = 0; i < ROUNDS; i++) drawn.push(await page.evaluate<number>('drawOnce()'));
row('heat map 100 × 10,000 drawn', median(drawn), 'ms', BARS.draw_ms, median(drawn) <= BARS.draw_ms);
const rate = await pannedFrames(page, 5);
row('panned', rate, 'frames/s', BARS.frames_per_second, rate >= BARS.frames_per_second);
await close();

if (minutes > 0) {
  const heap = await liveHeap();
  // From the third minute on: until then caches fill.
  const growth = (heap.at(-1) ?? 0) - (heap[Math.min(2, heap.length - 1)] ?? 0);
  row(`heap growth, ${minutes} min of a live job`, growth, 'MiB', BARS.growth_mib, growth <= BARS.growth_mib);
  console.log(`heap by minute, MiB: ${heap.map((one) => one.toFixed(1)).join(' ')}`);
}

console.log(`load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`);
for (const [name, value, bar, isMet] of rows)
  console.log(`${isMet ? 'met   ' : 'MISSED'} ${name.padEnd(42)} ${value.padEnd(16)} bar ${bar}`);
process.exitCode = rows.every(([, , , isMet]) => isMet) ? 0 : 1;

await closeBrowser();
await service.close();
rmSync(folder, { recursive: true, force: true });
