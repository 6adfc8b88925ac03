/** @file The command line beside a real service: `gradclinic diagnose`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestService, type TestService, tinyExperiment } from '../http/service.ts';
import { gradclinic } from './program.ts';

let service: TestService;
const folder = mkdtempSync(join(tmpdir(), 'gradclinic-cli-'));
const file = join(folder, 'experiment.json');
beforeAll(async () => {
  service = await startTestService();
  writeFileSync(file, JSON.stringify(tinyExperiment({ remedies: { seeds: 2, verify: false } })));
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const diagnose = (args: string[], env: Record<string, string> = {}) => gradclinic(['diagnose', ...args], env);

it('names the job and its page at once, says the verdict, and writes the report file', async () => {
  const path = join(folder, 'report.html');
  const { port } = new URL(service.url);
  // PORT says where the service is, as it does to the service itself.
  const { code, out, err } = await diagnose([file, '--report', path], { PORT: port });
  expect(code).toBeLessThan(2);
  const id = /^job (job_\w+): (\S+)$/m.exec(err);
  expect(id?.[2]).toBe(`${service.url}/jobs/${id?.[1]}`);
  expect(out).toMatch(/Verdict: (healthy|unhealthy|inconclusive)/);
  expect(out).toContain(path);
  expect(readFileSync(path, 'utf8')).toContain(`"job_id":"${id?.[1]}"`);
  expect(out).not.toContain('Checks');
});

it('prints nothing but the report with --json, and every check with --details', async () => {
  const { out } = await diagnose([file, '--url', service.url, '--json']);
  expect(JSON.parse(out)).toHaveProperty('verdict');
  expect((await diagnose([file, '--url', service.url, '--details'])).out).toContain('Checks');
});
