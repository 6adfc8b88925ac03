/** @file Time per training step: this project's engine and its peers, interleaved. */
import { codeOf } from '../src/export/index.ts';
import { experimentOf } from './engine.ts';
import { batchOf, type Network } from './networks.ts';
import { type Answer, here, Peer } from './peer.ts';
import { interleave, type Measurement } from './rounds.ts';

const OURS = ['unprobed', 'statistics', 'every 10', 'probed'] as const;
/** PyTorch twice: with the BLAS that the system gives it, and with another one where that is asked for. */
export const PEERS = ['pytorch', 'openblas', 'tfjs'] as const;
export type Column = (typeof OURS)[number] | (typeof PEERS)[number];

export interface StepTimes {
  readonly network: Network;
  /** Milliseconds per step, a number for every round. */
  readonly rounds: ReadonlyMap<Column, readonly number[]>;
}

export interface Peers {
  readonly ours: Peer;
  /** Those that are there. */
  readonly others: ReadonlyMap<(typeof PEERS)[number], Peer>;
  readonly versions: readonly string[];
}

const ROUND_MS = 300;
const MOST_STEPS = 300;
const LOSS_LIMIT = 100;

/** Steps that take about as long as a round should. */
export const stepsFor = (ms: number): number => Math.max(1, Math.min(MOST_STEPS, Math.round(ROUND_MS / ms)));

const tens = (steps: number): number => 10 * Math.ceil(steps / 10);

async function start(...command: ConstructorParameters<typeof Peer>): Promise<[Peer, string] | null> {
  const peer = new Peer(...command);
  try {
    return [peer, (await peer.ask({ do: 'version' })).version ?? ''];
  } catch (error) {
    console.error(`left out: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}

/** @param openblas folder with a `libblas.so.3` that PyTorch is to use, beside its run with the system's */
export async function startPeers(openblas: string | undefined): Promise<Peers> {
  const ours = await start(process.execPath, here('./ours.ts'));
  if (ours === null) throw new Error('the engine does not start');
  const python = ['/usr/bin/python3', here('./pytorch.py')] as const;
  const started = {
    pytorch: await start(...python),
    openblas: openblas ? await start(...python, { LD_LIBRARY_PATH: openblas }) : null,
    tfjs: await start(process.execPath, here('./tfjs.ts')),
  };
  const others = new Map<(typeof PEERS)[number], Peer>();
  const versions = [ours[1]];
  for (const name of PEERS) {
    const found = started[name];
    if (found === null) continue;
    others.set(name, found[0]);
    versions.push(found[1]);
  }
  return { ours: ours[0], others, versions };
}

export function stopPeers({ ours, others }: Peers): void {
  for (const peer of [ours, ...others.values()]) peer.close();
}

/** What is wanted of a network beside this peer: the same of PyTorch, whatever its BLAS. */
export const wantedOf = ({ wanted }: Network, peer: (typeof PEERS)[number]): number | null =>
  wanted[peer === 'tfjs' ? 'tfjs' : 'pytorch'];

/** A training that diverged would be timed on NaN. */
function checked({ ms, loss }: Answer, name: string): number {
  if (ms === undefined || loss === undefined || !(Math.abs(loss) < LOSS_LIMIT)) {
    throw new Error(`${name}: loss ${loss}`);
  }
  return ms;
}

async function prepared(peer: Peer, network: Network): Promise<number> {
  const batch = batchOf(network);
  const code = network.request && codeOf(experimentOf(network, batch).experiment).pytorch;
  return checked(
    await peer.ask({ do: 'prepare', network, batch, ...(code !== undefined && { code }) }),
    network.name,
  );
}

const stepping =
  (peer: Peer, steps: number, name: string, mode?: string): Measurement =>
  async () =>
    checked(await peer.ask({ do: 'steps', steps, ...(mode && { mode }) }), name);

export async function measureSteps(network: Network, peers: Peers, rounds: number): Promise<StepTimes> {
  const measurements = new Map<Column, Measurement>();
  const steps = tens(stepsFor(await prepared(peers.ours, network)));
  for (const mode of OURS) measurements.set(mode, stepping(peers.ours, steps, network.name, mode));
  for (const [name, peer] of peers.others) {
    if (wantedOf(network, name) === null) continue;
    const ms = await prepared(peer, network);
    measurements.set(name, stepping(peer, stepsFor(ms), network.name));
  }
  return { network, rounds: await interleave(rounds, measurements) };
}
