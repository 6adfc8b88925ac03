/** @file The kind of machine that a trial is trained on: equal kinds give equal bits. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, platform } from 'node:os';

export interface MachineKind {
  /** The hash of everything below. It names the queue in which the trials of such machines wait. */
  readonly id: string;
  readonly cpu: string;
  /** The features by which ONNX Runtime and the kernels choose their code. */
  readonly features: readonly string[];
  readonly runtime: string;
}

/** Vector and matrix instructions, as Linux names them on x86 and ARM; others are not told apart. */
const CHOSEN_BY = /^(sse4_\d|f16c|fma|avx\w*|amx\w*|asimd\w*|sve\w*|sme\w*|i8mm|bf16)$/;

function featuresOf(): string[] {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    return [...new Set(line.trim().split(/\s+/))].filter((name) => CHOSEN_BY.test(name)).sort();
  } catch {
    return [];
  }
}

const versionIn = (file: string | URL): string =>
  (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;

/** The machine of this process. */
export function machineKind(): MachineKind {
  const require = createRequire(import.meta.url);
  const service = versionIn(new URL('../../package.json', import.meta.url));
  const onnxruntime = versionIn(require.resolve('onnxruntime-node/package.json'));
  const facts = {
    cpu: `${cpus()[0]?.model ?? 'unknown'} (${platform()} ${arch()})`,
    features: featuresOf(),
    runtime: `gradclinic ${service}, onnxruntime ${onnxruntime}, node ${process.versions.node}`,
  };
  const id = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
  return { id, ...facts };
}
