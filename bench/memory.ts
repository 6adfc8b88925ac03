/**
 * @file Memory of a service that trains on a large file with two threads: npm run … bench/memory.ts [MiB of float32]. Prints the
 * resident memory before the job, and the most during it, as parts of the file.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, openAsBlob, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MIB = 2 ** 20;
const size = Number(process.argv[2] ?? 200) * MIB;
const FEATURES = 1024;
const samples = Math.floor(size / 4 / FEATURES);
const folder = mkdtempSync(join(tmpdir(), 'gradclinic-memory-'));

/** safetensors: the length of a header, the header, the numbers. */
async function writeData(path: string): Promise<void> {
  const inputs = samples * FEATURES * 4;
  const header = Buffer.from(
    JSON.stringify({
      x: { dtype: 'F32', shape: [samples, FEATURES], data_offsets: [0, inputs] },
      y: { dtype: 'F32', shape: [samples, 1], data_offsets: [inputs, inputs + samples * 4] },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const out = createWriteStream(path);
  out.write(length);
  out.write(header);
  const block = Buffer.from(
    Float32Array.from({ length: 64 * FEATURES }, (_, i) => Math.sin(i * 0.37) + (i % 7)).buffer,
  );
  for (let i = 0; i < samples; i += 64)
    if (!out.write(block.subarray(0, Math.min(64, samples - i) * FEATURES * 4))) await once(out, 'drain');
  out.end(Buffer.from(Float32Array.from({ length: samples }, (_, i) => i % 2).buffer));
  await once(out, 'close');
}

async function started(dataDir: string) {
  const child = spawn(process.execPath, ['cli/gradclinic.js', 'serve'], {
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      PORT: '0',
      WORKER_THREADS: '2',
      MAX_FILE_BYTES: String(4 * 2 ** 30),
      MAX_STORED_BYTES: String(8 * 2 ** 30),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    const url = /"url":"([^"]+)"/.exec(text)?.[1];
    if (url !== undefined) return { child, url };
  }
  throw new Error(`the service did not start: ${text}`);
}

/** MiB, of /proc/…/status. */
const memoryOf = (pid: number, field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const experimentOf = (file: string, seed: number) => ({
  network: {
    input: { shape: [FEATURES] },
    layers: [
      { type: 'dense', units: 8, activation: 'relu' },
      { type: 'dense', units: 1 },
    ],
  },
  data: { type: 'file', file, inputs: 'x', targets: 'y', standardize: process.argv[3] === 'standardize' },
  training: { loss: 'mean_squared_error', optimizer: 'adam', batch_size: 64, steps: 200 },
  seed,
  remedies: { verify: false },
  diagnostics: { seeds: 2 },
});

async function main(): Promise<void> {
  const path = join(folder, 'data.safetensors');
  await writeData(path);
  const dataDir = join(folder, 'data');
  const first = await started(dataDir);
  const uploaded = await fetch(`${first.url}/v1/files?name=data.safetensors`, {
    method: 'POST',
    body: await openAsBlob(path),
  });
  const file = (await uploaded.json()) as { id: string };
  const uploadPeak = memoryOf(first.child.pid as number, 'VmHWM');
  first.child.kill('SIGTERM');
  await once(first.child, 'exit');
  const { child, url } = await started(dataDir);
  const pid = child.pid as number;
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const before = memoryOf(pid, 'VmRSS');
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const created = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(experimentOf(file.id, 0)),
  });
  if (created.status !== 202) throw new Error(await created.text());
  let job = (await created.json()) as { id: string; status: string; error?: unknown };
  while (!['succeeded', 'failed', 'canceled'].includes(job.status)) {
    const answer = await fetch(`${url}/v1/jobs/${job.id}`, { headers: { prefer: 'wait=10' } });
    job = (await answer.json()) as typeof job;
  }
  const most = memoryOf(pid, 'VmHWM');
  const parts = (mib: number) => Number(((mib * MIB) / size).toFixed(2));
  console.log({
    file_mib: size / MIB,
    status: job.status,
    error: job.error,
    upload_peak_mib: Math.round(uploadPeak),
    before_mib: Math.round(before),
    most_mib: Math.round(most),
    most_of_file: parts(most),
    without_the_program_of_file: parts(most - before),
  });
  child.kill('SIGTERM');
  await once(child, 'exit');
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
