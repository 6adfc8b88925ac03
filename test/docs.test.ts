/** @file The documentation: links lead somewhere, JSON parses, and the commands that talk to the service are understood by it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from './http/service.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'python/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

const blocksOf = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, body = '']) => body,
  );

it.each(pages)('%s: every link leads to a file or a heading', (page) => {
  const text = read(page).replaceAll(/^```[\s\S]*?^```/gm, '');
  for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    expect(existsSync(join(root, file)), `${page} → ${target}`).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(read(file)), `${page} → ${target}`).toContain(anchor);
  }
});

/** Parts of a document, which stand behind a field's name or hold "…". */
const isPart = (block: string): boolean =>
  block.includes('…') || block.includes('...') || /^\s*"/.test(block);

it.each(pages)('%s: JSON that is shown whole parses', (page) => {
  for (const block of blocksOf(read(page), 'json'))
    if (!isPart(block)) expect(() => JSON.parse(block), block).not.toThrow();
});

describe('what is shown as a request', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.close());

  const only = (blocks: readonly string[], key: string): unknown => {
    const found = blocks
      .filter((block) => !isPart(block))
      .map((block) => JSON.parse(block) as Record<string, unknown>);
    return found.find((value) => key in value);
  };

  it.each(['README.md', 'docs/experiment.md'])('%s: the experiment is accepted', async (page) => {
    const experiment = only(blocksOf(read(page), 'json'), 'network');
    expect((await service.post('/v1/preflight', experiment)).status).toBe(200);
  });

  it('docs/trace.md: the trace is diagnosed, with the vanishing gradient that it shows', async () => {
    const answer = await service.post(
      '/v1/diagnoses',
      only(blocksOf(read('docs/trace.md'), 'json'), 'traces'),
    );
    expect(answer.status).toBe(200);
    const { checks } = (await answer.json()) as { checks: { rule: string; status: string }[] };
    expect(checks.filter(({ status }) => status === 'found').map(({ rule }) => rule)).toContain(
      'vanishing_gradient',
    );
  });

  it.each(['docs/from-pytorch.md', 'docs/from-keras.md'])(
    '%s: every layer and option of its table is known',
    async (page) => {
      const cells = [...read(page).matchAll(/`(\{ "type"[^`]*\})`/g)].map(
        ([, cell = '']) => JSON.parse(cell) as { type: string },
      );
      expect(cells.length).toBeGreaterThan(2);
      for (const layer of cells) {
        const image = ['conv2d', 'batch_norm'].includes(layer.type);
        const sequence = layer.type === 'lstm';
        const shape = image ? [3, 8, 8] : sequence ? [8, 3] : [8];
        const body = {
          network: { input: { shape }, layers: [layer, { type: 'flatten' }, { type: 'dense', units: 2 }] },
          data: {
            type: 'inline',
            inputs: [0, 1].map((value) => filled(shape, value)),
            targets: [0, 1],
            validation_split: 0,
          },
          training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', batch_size: 2, steps: 1 },
        };
        const answer = await service.post('/v1/preflight', body);
        expect(answer.status, `${JSON.stringify(layer)}: ${await answer.clone().text()}`).toBe(200);
      }
    },
  );

  it('every route that the documentation names exists', async () => {
    const { paths } = (await (await service.get('/openapi.json')).json()) as {
      paths: Record<string, unknown>;
    };
    const known = Object.keys(paths).map((path) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`));
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/(?:localhost:8080|\b(?:GET|POST|DELETE) )(\/v1\/[\w/{}.…-]*)/g)].map(
        ([, path = '']) => ({ page, path: path.replace(/[.…/]+$/, '') }),
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    for (const { page, path } of named)
      expect(
        known.some((one) => one.test(path)),
        `${page}: ${path}`,
      ).toBe(true);
  });
});

function filled(shape: readonly number[], value: number): unknown {
  const [first, ...rest] = shape;
  return first === undefined ? value : Array.from({ length: first }, () => filled(rest, value));
}
