/** @file The command line beside a real service, and beside a host that is none. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestService, type TestService, tinyExperiment } from '../http/service.ts';

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

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const diagnose = (arguments_: string[], env: Record<string, string> = {}): Promise<Said> =>
  new Promise((resolve) => {
    const cli = new URL('../../cli/diagnose.ts', import.meta.url).pathname;
    execFile(process.execPath, [cli, ...arguments_], { env: { ...process.env, ...env } }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });

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

it('tells of a host that is something else', async () => {
  const other = createServer((_, response) => response.end('<h1>hello</h1>')).listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const { code, err } = await diagnose([file, '--url', `http://127.0.0.1:${port}`]);
  other.close();
  expect(code).toBe(2);
  expect(err).toContain('it is not GradClinic');
});
