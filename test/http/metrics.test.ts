/** @file The numbers move as jobs run, and the log tells of them without secrets. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { addKey } from '../../src/access/index.ts';
import type { Job } from '../../src/jobs/index.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from './service.ts';

/** The sum of all series of a name whose labels hold the text. */
async function reading(service: TestService, name: string, label = ''): Promise<number> {
  const response = await service.get('/metrics');
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const lines = (await response.text())
    .split('\n')
    .filter((line) => new RegExp(`^${name}[{ ]`).test(line) && line.includes(label));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

it('metrics move when a job has run', async () => {
  const service = await startTestService();
  try {
    expect(await reading(service, 'gradclinic_trials_total')).toBe(0);
    await service.finish(tinyExperiment({ remedies: { verify: false } }));
    // The baseline, and the reference on the same data.
    expect(await reading(service, 'gradclinic_trials_total', 'completed')).toBe(2);
    expect(await reading(service, 'gradclinic_step_duration_seconds_count')).toBe(2);
    expect(await reading(service, 'gradclinic_step_duration_seconds_sum')).toBeGreaterThan(0);
    expect(await reading(service, 'gradclinic_phase_duration_seconds_count', 'baseline')).toBe(1);
    expect(await reading(service, 'gradclinic_http_request_duration_seconds_count', '/v1/jobs/:id')).toBe(1);
    expect(await reading(service, 'gradclinic_database_query_duration_seconds_count')).toBeGreaterThan(5);
    expect(await reading(service, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect(await reading(service, 'gradclinic_worker_threads', 'idle')).toBe(2);

    const endless = tinyExperiment({ ...endlessTraining(), remedies: { verify: false } });
    for (let i = 0; i < 2; i++) expect((await service.post('/v1/jobs', endless)).status).toBe(202);
    // The thread of the study has to start first.
    await expect.poll(() => reading(service, 'gradclinic_worker_threads', 'busy')).toBeGreaterThan(0);
    expect(await reading(service, 'gradclinic_jobs', 'running')).toBe(1);
    expect(await reading(service, 'gradclinic_jobs', 'queued')).toBe(1);
    expect(await reading(service, 'gradclinic_queue_oldest_job_age_seconds')).toBeGreaterThan(0);
    expect(await reading(service, 'gradclinic_queue_work_seconds')).toBeGreaterThan(1);
  } finally {
    await service.close();
  }
});

it('the log follows a job from its request to its end, and holds no key', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-log-'));
  const file = join(folder, 'keys.json');
  const key = addKey(file, 'alice');
  const server = spawn(process.execPath, [fileURLToPath(new URL('../../src/server.ts', import.meta.url))], {
    env: { ...process.env, PORT: '0', DATA_DIR: folder, API_KEYS_FILE: file, LOG_LEVEL: 'trace' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const lines: Record<string, unknown>[] = [];
    const listening = Promise.withResolvers<string>();
    createInterface({ input: server.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      lines.push(entry);
      if (entry.msg === 'listening') listening.resolve(entry.url as string);
    });
    const url = await listening.promise;
    const headers = {
      authorization: `Bearer ${key}`,
      'x-api-key': 'hush-x-api-key',
      cookie: 'hush-cookie',
      'x-request-id': 'request-1',
      'content-type': 'application/json',
    };
    const body = JSON.stringify(tinyExperiment({ remedies: { verify: false } }));
    const { id } = (await (await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body })).json()) as Job;
    await fetch(`${url}/v1/jobs/${id}`, { headers: { ...headers, prefer: 'wait=30' } });
    await fetch(`${url}/v1/jobs`, { headers: { ...headers, authorization: 'Bearer hush-wrong' } });
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);

    const entries = (msg: string) => lines.filter((line) => line.msg === msg && line.job_id === id);
    const entry = (msg: string) => entries(msg)[0];
    expect(entry('job accepted')).toMatchObject({ reqId: 'request-1' });
    expect(entries('trial trained')).toContainEqual(
      expect.objectContaining({ trial: 'baseline/0', outcome: 'completed' }),
    );
    expect([entry('job started'), entry('job ended')]).not.toContain(undefined);
    const text = JSON.stringify(lines);
    expect(text).not.toContain(key);
    expect(text).not.toContain('hush-');
  } finally {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});
