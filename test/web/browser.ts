/** @file Debian's Chromium for tests. Where there is none, the tests that need it say so and are skipped. */
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { describe } from 'vitest';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = PATHS.find((path) => existsSync(path));

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Skipped by name where there is no Chromium: the summary counts them. */
export const describeInChromium = describe.skipIf(executablePath === undefined);

let browser: Promise<Browser> | null = null;

function launch(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(`no Chromium at ${PATHS.join(', ')}`);
  browser ??= chromium.launch({ executablePath, args: ARGUMENTS });
  return browser;
}

export interface Watched {
  readonly page: Page;
  /** What the console, the page and its policy complained of. */
  readonly complaints: string[];
  /** Every address that was asked for. */
  readonly requests: string[];
  close(): Promise<void>;
}

export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 900 }, ...options });
  // Ends what hangs, and measures nothing.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests, close: () => context.close() };
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = null;
}

/** Serious and critical faults, as axe names them, each with a place. */
export async function faults({ page }: Watched): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  return page.evaluate<string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 120)))`,
  );
}
