/** @file The page of /docs carries the project's name and mark. */

const MARK =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 170 32" height="32"><rect width="32" height="32" rx="8" fill="#4250d6"/>' +
  '<path d="M5 8c6 0 6 15 12 15h10" fill="none" stroke="white" stroke-width="3" stroke-linecap="round"/>' +
  '<text x="42" y="23" font-family="sans-serif" font-size="20" font-weight="600" fill="white">GradClinic</text></svg>';

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#4250d6"/>' +
  '<path d="M5 8c6 0 6 15 12 15h10" fill="none" stroke="white" stroke-width="3" stroke-linecap="round"/></svg>';

export const docsPage = {
  logo: { type: 'image/svg+xml', content: Buffer.from(MARK), href: '/', target: '_self' as const },
  theme: {
    title: 'GradClinic API',
    favicon: [
      {
        filename: 'favicon.svg',
        rel: 'icon',
        sizes: 'any',
        type: 'image/svg+xml',
        content: Buffer.from(ICON),
      },
    ],
  },
};
