/** @file Carries out the steps of a stage in a folder. */
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import dockerIgnore from '@balena/dockerignore';
import type { Stage, Step } from './dockerfile.ts';
import { furnish, runIn } from './root.ts';

export interface Built {
  readonly root: string;
  workdir: string;
  environment: Record<string, string>;
  user: string | null;
  volume: string | null;
  healthcheck: string[] | null;
  cmd: string[] | null;
}

/** Variables of this machine, for npm to reach its registry; an engine would be told them by --build-arg. */
const PASSED_ON = /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i;

/** COPY, without what .dockerignore leaves out of the context. */
export function copy(
  step: Extract<Step, { kind: 'copy' }>,
  built: Built,
  context: string,
  stages: Map<string, Built>,
) {
  const from = step.from === null ? context : stages.get(step.from)?.root;
  if (from === undefined) throw new Error(`COPY --from=${step.from}: no such stage`);
  const ignore = dockerIgnore.default().add(readFileSync(join(context, '.dockerignore'), 'utf8'));
  const ignored = (path: string) => {
    const name = relative(context, path);
    return step.from === null && name !== '' && ignore.ignores(name);
  };
  for (const source of step.sources) {
    const path = join(from, source);
    if (ignored(path)) throw new Error(`COPY ${source}: .dockerignore leaves it out`);
    const target = join(built.root, resolve(built.workdir, step.to));
    // A folder's content goes to the target; a file goes into it where it ends with a slash.
    const into =
      !statSync(path).isDirectory() && step.to.endsWith('/') ? join(target, basename(source)) : target;
    cpSync(path, into, { recursive: true, verbatimSymlinks: true, filter: (one) => !ignored(one) });
  }
}

function carryOut(step: Step, built: Built, context: string, stages: Map<string, Built>): void {
  switch (step.kind) {
    case 'copy':
      copy(step, built, context, stages);
      return;
    case 'run': {
      const passed = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name)) as [
        string,
        string,
      ][];
      const environment = { ...Object.fromEntries(passed), ...built.environment };
      process.stdout.write(runIn({ ...built, environment }, ['/bin/sh', '-c', step.command]));
      return;
    }
    case 'env':
      Object.assign(built.environment, step.values);
      return;
    case 'workdir':
      built.workdir = step.value;
      mkdirSync(join(built.root, step.value), { recursive: true });
      return;
    case 'user':
    case 'volume':
      built[step.kind] = step.value;
      return;
    case 'healthcheck':
    case 'cmd':
      built[step.kind] = step.command;
      return;
    case 'expose':
  }
}

/** Every stage in a root of its own below `folder`; the last one is the image. */
export function build(
  stages: readonly Stage[],
  context: string,
  folder: string,
  say: (text: string) => void,
): Built {
  const named = new Map<string, Built>();
  let built: Built | undefined;
  for (const [i, stage] of stages.entries()) {
    const root = join(folder, `stage-${i}`);
    mkdirSync(root);
    furnish(root);
    built = { root, workdir: '/', environment: {}, user: null, volume: null, healthcheck: null, cmd: null };
    if (stage.name !== null) named.set(stage.name, built);
    for (const step of stage.steps) {
      say(`stage ${stage.name ?? i}: ${step.kind} ${JSON.stringify({ ...step, kind: undefined })}`);
      carryOut(step, built, context, named);
    }
  }
  if (built === undefined) throw new Error('the Dockerfile has no stage');
  return built;
}
