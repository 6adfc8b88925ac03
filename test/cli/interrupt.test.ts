/** @file Ctrl-C on a real terminal (of Python's `pty`): the job is the service's, and goes on unless it is to be canceled. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Job } from '../../client/index.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from '../http/service.ts';
import { main } from './program.ts';

const PYTHON = '/usr/bin/python3';
const terminal = fileURLToPath(new URL('./terminal.py', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gradclinic-terminal-'));
const file = join(folder, 'endless.json');
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  writeFileSync(file, JSON.stringify({ ...tinyExperiment(), ...endlessTraining() }));
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

/** @param steps what is waited for on the screen, and what is typed then */
function onTerminal(steps: [string, string][]): Promise<{ code: number | null; screen: string }> {
  const command = [process.execPath, main, 'diagnose', file, '--url', service.url];
  const child = spawn(PYTHON, [terminal, JSON.stringify(steps), ...command]);
  let screen = '';
  child.stdout.on('data', (chunk) => {
    screen += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, screen })));
}

const statusOf = async (screen: string): Promise<string> => {
  const id = /job (job_\w+):/.exec(screen)?.[1];
  const job = (await (await service.get(`/v1/jobs/${id}`, { prefer: 'wait=2' })).json()) as Job;
  await service.post(`/v1/jobs/${id}/cancel`, {});
  return job.status;
};

const CTRL_C = '\u0003';
const RUNNING = 'baseline .*trials';

it.skipIf(!existsSync(PYTHON)).each([
  { types: 'y\r', status: 'canceled', says: 'the job is canceled' },
  { types: '\r', status: 'running', says: 'the job goes on: http' },
  { types: CTRL_C, status: 'running', says: 'the job goes on: http' },
])('asks whether to cancel: $types means $status', async ({ types, status, says }) => {
  const { code, screen } = await onTerminal([
    [RUNNING, CTRL_C],
    ['Cancel the job\\?', types],
  ]);
  expect(screen).toContain(says);
  expect(code, screen).toBe(2);
  expect(await statusOf(screen)).toBe(status);
});
