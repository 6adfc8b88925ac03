/** @file Time per training step: this project's engine and its peers, interleaved. */
import { batchOf, type Network } from './networks.ts';
import { type Answer, here, Peer } from './peer.ts';
import { interleave, type Measurement } from './rounds.ts';

const OURS = ['unprobed', 'statistics', 'every 10', 'probed'] as const;
export type Column = (typeof OURS)[number] | 'pytorch' | 'tfjs';

export interface StepTimes {
  readonly network: Network;
  /** Milliseconds per step, a number for every round. */
  readonly rounds: ReadonlyMap<Column, readonly number[]>;
}

export interface Peers {
  readonly ours: Peer;
  /** Null where it is not installed. */
  readonly pytorch: Peer | null;
  readonly tfjs: Peer | null;
  readonly versions: readonly string[];
}

const ROUND_MS = 300;
const MOST_STEPS = 300;
const LOSS_LIMIT = 100;

/** Steps that take about as long as a round should. */
export const stepsFor = (ms: number): number => Math.max(1, Math.min(MOST_STEPS, Math.round(ROUND_MS / ms)));

const tens = (steps: number): number => 10 * Math.ceil(steps / 10);

async function start(command: string, file: string): Promise<[Peer, string] | null> {
  const peer = new Peer(command, here(file));
  try {
    return [peer, (await peer.ask({ do: 'version' })).version ?? ''];
  } catch (error) {
    console.error(`${file} is left out: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}

export async function startPeers(): Promise<Peers> {
  const ours = await start(process.execPath, './ours.ts');
  if (ours === null) throw new Error('the engine does not start');
  const pytorch = await start('/usr/bin/python3', './pytorch.py');
  const tfjs = await start(process.execPath, './tfjs.ts');
  const started = [ours, pytorch, tfjs].filter((found) => found !== null);
  return {
    ours: ours[0],
    pytorch: pytorch?.[0] ?? null,
    tfjs: tfjs?.[0] ?? null,
    versions: started.map(([, version]) => version),
  };
}

export function stopPeers({ ours, pytorch, tfjs }: Peers): void {
  for (const peer of [ours, pytorch, tfjs]) peer?.close();
}

/** A training that diverged would be timed on NaN. */
function checked({ ms, loss }: Answer, name: string): number {
  if (ms === undefined || loss === undefined || !(Math.abs(loss) < LOSS_LIMIT)) {
    throw new Error(`${name}: loss ${loss}`);
  }
  return ms;
}

async function prepared(peer: Peer, network: Network): Promise<number> {
  return checked(await peer.ask({ do: 'prepare', network, batch: batchOf(network) }), network.name);
}

const stepping =
  (peer: Peer, steps: number, name: string, mode?: string): Measurement =>
  async () =>
    checked(await peer.ask({ do: 'steps', steps, ...(mode && { mode }) }), name);

export async function measureSteps(network: Network, peers: Peers, rounds: number): Promise<StepTimes> {
  const measurements = new Map<Column, Measurement>();
  const steps = tens(stepsFor(await prepared(peers.ours, network)));
  for (const mode of OURS) measurements.set(mode, stepping(peers.ours, steps, network.name, mode));
  for (const name of ['pytorch', 'tfjs'] as const) {
    const peer = peers[name];
    if (peer === null || network.wanted[name] === null) continue;
    const ms = await prepared(peer, network);
    measurements.set(name, stepping(peer, stepsFor(ms), network.name));
  }
  return { network, rounds: await interleave(rounds, measurements) };
}
