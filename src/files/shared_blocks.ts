/**
 * @file Arrays of files once for all threads of a process: the first thread reads them, the others get the same memory. A thread
 * waits where it asks, as it would for the disk; the one that serves never waits.
 */
import { randomUUID } from 'node:crypto';
import {
  BroadcastChannel,
  getEnvironmentData,
  type MessagePort,
  receiveMessageOnPort,
  setEnvironmentData,
} from 'node:worker_threads';
import { blockIn, type Numbers, readBlock, viewOf } from './blocks.ts';

const CHANNEL = 'gradclinic.blocks';
const KEY = 'gradclinic.blocks.served';
/** A thread that hears nothing for so long reads by itself. */
const PATIENCE_MS = 60_000;
/** Kept for the next training after nobody uses it any more. */
const KEPT_MS = 10_000;

/** Node takes channels here as it takes ports; its types do not say so. */
type Channel = BroadcastChannel & MessagePort;

interface Request {
  readonly path: string;
  readonly name: string;
  /** Of the channel for the answer. */
  readonly reply: string;
  /** [0]: 1 once the answer is sent; [1]: 1 as long as the thread uses what it got. */
  readonly state: Int32Array;
}

interface Entry {
  readonly buffer: Promise<SharedArrayBuffer>;
  readonly users: Set<Int32Array>;
  usedAt: number;
}

/** In the thread that all others are started from, before they are. */
export function serveBlocks(): { close(): void } {
  const entries = new Map<string, Entry>();
  const channel = new BroadcastChannel(CHANNEL);
  const entryOf = ({ path, name }: Request): Entry => {
    const key = `${path}\0${name}`;
    const known = entries.get(key);
    if (known !== undefined) return known;
    const entry = { buffer: readShared(path, name), users: new Set<Int32Array>(), usedAt: Date.now() };
    entries.set(key, entry);
    entry.buffer.catch(() => entries.delete(key));
    return entry;
  };
  const answer = async (request: Request) => {
    const entry = entryOf(request);
    entry.users.add(request.state);
    entry.usedAt = Date.now();
    const buffer = await entry.buffer.catch(() => null);
    const reply = new BroadcastChannel(request.reply);
    reply.postMessage(buffer);
    reply.close();
    Atomics.store(request.state, 0, 1);
    Atomics.notify(request.state, 0);
  };
  channel.onmessage = (event) => void answer((event as { readonly data: Request }).data);
  channel.unref();
  const timer = setInterval(() => {
    for (const [key, { users, usedAt }] of entries) {
      for (const state of users) if (Atomics.load(state, 1) === 0) users.delete(state);
      if (users.size === 0 && Date.now() - usedAt > KEPT_MS) entries.delete(key);
    }
  }, KEPT_MS);
  timer.unref();
  setEnvironmentData(KEY, true);
  return {
    close() {
      clearInterval(timer);
      channel.close();
      setEnvironmentData(KEY, false);
    },
  };
}

async function readShared(path: string, name: string): Promise<SharedArrayBuffer> {
  const { bytes, read } = await blockIn(path, name);
  const buffer = new SharedArrayBuffer(bytes);
  await read(new Uint8Array(buffer));
  return buffer;
}

/** What this thread has got and not given back. */
const used = new Map<string, { readonly numbers: Numbers; readonly state: Int32Array }>();

/** One array of a file, or undefined where it has none of this name. Not to be written to. */
export function sharedBlock(path: string, name: string): Numbers | undefined {
  if (getEnvironmentData(KEY) !== true) return readBlock(path, name);
  const key = `${path}\0${name}`;
  const known = used.get(key);
  if (known !== undefined) return known.numbers;
  const state = new Int32Array(new SharedArrayBuffer(8));
  Atomics.store(state, 1, 1);
  const buffer = ask({ path, name, reply: `${CHANNEL}.${randomUUID()}`, state });
  if (buffer === null) {
    Atomics.store(state, 1, 0);
    return readBlock(path, name);
  }
  const numbers = viewOf(path, name, buffer);
  if (numbers !== undefined) used.set(key, { numbers, state });
  return numbers;
}

function ask(request: Request): SharedArrayBuffer | null {
  const [channel, reply] = [new BroadcastChannel(CHANNEL), new BroadcastChannel(request.reply)];
  try {
    channel.postMessage(request);
    if (Atomics.wait(request.state, 0, 0, PATIENCE_MS) === 'timed-out') return null;
    // The answer was sent before the flag was set.
    const received = receiveMessageOnPort(reply as Channel) as
      | { message: SharedArrayBuffer | null }
      | undefined;
    return received?.message ?? null;
  } finally {
    channel.close();
    reply.close();
  }
}

/** This thread needs none of them any more. */
export function releaseBlocks(): void {
  for (const { state } of used.values()) Atomics.store(state, 1, 0);
  used.clear();
}
