/** @file The HTML around the bundles: the application's page, and the report as one file. */
import { createHash } from 'node:crypto';
import type { Bundle } from './bundle.ts';

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const policy = (directives: Readonly<Record<string, string>>): string =>
  Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');

/** Nothing inline, nothing from elsewhere. */
export const APP_POLICY = policy({
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
});

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%234250d6'/%3E%3Cpath d='M5 8c6 0 6 15 12 15h10' fill='none' stroke='white' stroke-width='3' stroke-linecap='round'/%3E%3C/svg%3E";

const head = (title: string, rest: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${ICON}">
<title>${title}</title>
${rest}
</head>`;

export const appPage = (js: string, css: string): string => `${head(
  'GradClinic',
  `<link rel="stylesheet" href="${css}">
<script defer src="${js}"></script>`,
)}
<body><div id="root"></div><noscript>GradClinic’s pages need JavaScript. Everything is at <a href="/docs">/docs</a>, too.</noscript></body>
</html>
`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c] as string);

/** JSON that an HTML parser cannot take for anything else, and that is still the same JSON. */
export const inertJson = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');

export interface ReportFile {
  readonly html: string;
  readonly policy: string;
}

/** The same is said in the file and, where it is served, in the header: only this script and this style. */
const reportPolicy = ({ js, css }: Bundle): string =>
  policy({
    'default-src': "'none'",
    'script-src': sha256(js),
    'style-src': sha256(css),
    'img-src': 'data:',
    'base-uri': "'none'",
    'form-action': "'none'",
  });

/**
 * One file with everything in it, its data as inert JSON.
 * @param summary what is read where scripts do not run, as plain text
 */
export function reportPage(bundle: Bundle, title: string, summary: string, data: unknown): ReportFile {
  const allowed = reportPolicy(bundle);
  const html = `${head(
    escapeHtml(title),
    `<meta http-equiv="Content-Security-Policy" content="${allowed}">
<style>${bundle.css}</style>`,
  )}
<body><div id="root"></div><noscript><pre>${escapeHtml(summary)}</pre></noscript>
<script type="application/json" id="data">${inertJson(data)}</script>
<script>${bundle.js}</script></body>
</html>
`;
  return { html, policy: allowed };
}
