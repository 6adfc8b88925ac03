/** @file `gradclinic mcp` as an assistant meets it: the SDK's own client, over standard input and output, a real service behind. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestService, type TestService, tinyExperiment } from '../http/service.ts';
import { main } from './program.ts';

let service: TestService;
const assistant = new Client({ name: 'test', version: '0' });

beforeAll(async () => {
  service = await startTestService();
  const env = { ...(process.env as Record<string, string>), GRADCLINIC_URL: service.url };
  await assistant.connect(new StdioClientTransport({ command: process.execPath, args: [main, 'mcp'], env }));
});
afterAll(async () => {
  await assistant.close();
  await service.close();
});

async function call(name: string, input: object) {
  const result = await assistant.callTool({ name, arguments: input as Record<string, unknown> });
  const [content] = result.content as { type: string; text: string }[];
  return { failed: result.isError === true, text: content?.text ?? '' };
}

const experiment = tinyExperiment({ remedies: { seeds: 2, verify: false } });

it('lists its tools with descriptions and schemas', async () => {
  const { tools } = await assistant.listTools();
  expect(tools.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'submit_experiment',
      'wait_for_job',
      'read_summary',
      'read_statistics',
      'read_report',
    ]),
  );
  for (const { description, inputSchema } of tools) {
    expect(description?.length).toBeGreaterThan(20);
    expect(inputSchema.type).toBe('object');
  }
});

it('submits, waits, and reads summary, statistics and report', async () => {
  const { job_id } = JSON.parse((await call('submit_experiment', { experiment })).text) as { job_id: string };
  const waited = JSON.parse((await call('wait_for_job', { job_id, seconds: 50 })).text);
  expect(waited).toMatchObject({ ended: true, status: 'succeeded', page: `${service.url}/jobs/${job_id}` });
  expect((await call('read_summary', { job_id })).text).toMatch(/^Verdict: (healthy|unhealthy|inconclusive)/);
  const rows = JSON.parse(
    (await call('read_statistics', { job_id, run: 'baseline/0', tensor: 'kernel.gradient', metric: 'rms' }))
      .text,
  ) as { data: { layer: string; value: number }[] };
  expect(new Set(rows.data.map(({ layer }) => layer))).toEqual(new Set(['dense_1', 'dense_2']));
  const report = JSON.parse((await call('read_report', { job_id, parts: ['checks'] })).text);
  expect(Object.keys(report)).toEqual(['verdict', 'checks']);
});

it('tells what a network will do, and the words of the service', async () => {
  const { layers } = JSON.parse((await call('preflight', { experiment })).text) as { layers: unknown[] };
  expect(layers).toHaveLength(2);
  const { activations } = JSON.parse((await call('read_catalog', { kind: 'activations' })).text);
  expect(activations).toContain('tanh');
  expect((await call('read_catalog', { kind: 'activations', id: 'tanh' })).text).toContain('"formula"');
});

it('refuses with pointer and fix, as a tool’s error', async () => {
  const wrong = { ...experiment, trainig: {} };
  const { failed, text } = await call('submit_experiment', { experiment: wrong });
  expect(failed).toBe(true);
  expect(text).toMatch(/\[validation_failed\]\n {2}\/trainig: .*"training"/);
  expect(await call('read_summary', { job_id: 'job_0' })).toMatchObject({
    failed: true,
    text: expect.stringContaining('[job_not_found]'),
  });
  expect(await call('diagnose_trace', { trace: {} })).toMatchObject({
    failed: true,
    text: expect.stringContaining('[validation_failed]'),
  });
  expect((await call('wait_for_job', {})).failed).toBe(true);
});
