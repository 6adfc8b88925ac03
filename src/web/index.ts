/** @file The folder's door: the web application as files to serve, and the report file. */
import { createHash } from 'node:crypto';
import { loadBundles } from './bundle.ts';
import { APP_POLICY, appPage, type ReportFile, reportPage } from './pages.ts';

export { buildInto } from './bundle.ts';
export type { ReportFile } from './pages.ts';

export interface Asset {
  readonly type: string;
  readonly text: string;
}

export interface WebApplication {
  readonly page: string;
  /** Of its pages. */
  readonly policy: string;
  /** By path; a path never means anything else. */
  readonly assets: ReadonlyMap<string, Asset>;
  report(title: string, summary: string, data: unknown): ReportFile;
}

const named = (name: string, extension: string, text: string): string =>
  `/assets/${name}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.${extension}`;

async function load(): Promise<WebApplication> {
  const { app, report } = await loadBundles();
  const js = named('app', 'js', app.js);
  const css = named('app', 'css', app.css);
  return {
    page: appPage(js, css),
    policy: APP_POLICY,
    assets: new Map([
      [js, { type: 'text/javascript; charset=utf-8', text: app.js }],
      [css, { type: 'text/css; charset=utf-8', text: app.css }],
    ]),
    report: (title, summary, data) => reportPage(report, title, summary, data),
  };
}

let loading: Promise<WebApplication> | null = null;

/** Built or read at the first call, and again after a failure. */
export function webApplication(): Promise<WebApplication> {
  loading ??= load().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}
