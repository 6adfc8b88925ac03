/** @file Takes what is dropped or chosen: an experiment becomes the draft, a data file is uploaded and named in it. */
import { signal } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';
import type { components, Problem } from '../../client/index.ts';
import { ApiError, authorization, reach } from '../api/client.ts';
import { draft, setDraft } from '../lib/draft.ts';
import { clip, count } from '../lib/format.ts';
import { prettyJson } from '../ui/parts.tsx';

type Stored = components['schemas']['File'];

const isExperiment = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && 'network' in value;

async function send(path: string, file: File): Promise<unknown> {
  const request = new Request(path, {
    method: 'POST',
    body: file,
    headers: { 'content-type': 'application/octet-stream', ...authorization() },
  });
  const response = await reach(request);
  const body: unknown = await response.json();
  if (response.ok) return body;
  throw new ApiError(body as Problem, (body as Problem).detail);
}

type Tree = Record<string, unknown>;

function draftTree(): Tree {
  try {
    return draft.value === '' ? {} : (JSON.parse(draft.value) as Tree);
  } catch {
    throw new ApiError(
      null,
      'The draft of the new experiment is not JSON: mend it, then give the file again.',
    );
  }
}

/** The draft, with its data from the file. */
function withFile({ id, kind }: Stored): void {
  const tree = draftTree();
  if (kind === 'weights') {
    const training = (tree.training ?? {}) as Tree;
    setDraft(prettyJson({ ...tree, training: { ...training, initial_weights: { file: id } } }));
  } else setDraft(prettyJson({ ...tree, data: { type: 'file', file: id } }));
}

interface Imported {
  readonly network: unknown;
  readonly training?: unknown;
  readonly warnings?: readonly unknown[];
}

/** @returns what to say of it */
async function take(file: File): Promise<string> {
  if (/\.(keras|onnx)$/i.test(file.name)) return imported(file);
  if (file.name.endsWith('.json')) {
    const text = await file.text();
    const value: unknown = JSON.parse(text);
    if (!isExperiment(value)) return imported(file);
    setDraft(prettyJson(value));
    return `${clip(file.name, 60)} is the draft now.`;
  }
  const stored = (await send(`/v1/files?name=${encodeURIComponent(file.name)}`, file)) as Stored;
  withFile(stored);
  return `${clip(file.name, 60)} is stored: ${stored.kind}, ${count(stored.bytes)}B, ${stored.id}.`;
}

async function imported(file: File): Promise<string> {
  const { network, training, warnings = [] } = (await send('/v1/imports', file)) as Imported;
  const tree = draftTree();
  setDraft(
    prettyJson({ ...tree, name: clip(file.name, 100), network, ...(training == null ? {} : { training }) }),
  );
  return `${clip(file.name, 60)} is imported${warnings.length > 0 ? `, with ${warnings.length} warnings` : ''}; its data are still to be given.`;
}

/** What became of the last file: told where it was given, and on the page where the draft is. */
const said = signal('');

export function Upload({ onTaken }: { onTaken?(): void }) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const accept = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file === undefined) return;
    said.value = `Reading ${clip(file.name, 60)} …`;
    take(file).then(
      (text) => {
        said.value = text;
        onTaken?.();
      },
      (error: unknown) => {
        said.value = error instanceof Error ? error.message : String(error);
      },
    );
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is the shortcut of the button within.
    <div
      class={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        accept(event.dataTransfer?.files);
      }}
    >
      <button type="button" class="button small" onClick={() => input.current?.click()}>
        Choose a file
      </button>{' '}
      or drop one here: an experiment, a Keras or ONNX model, a table, arrays, images, weights.
      <input ref={input} type="file" hidden onChange={(event) => accept(event.currentTarget.files)} />
      <p role="status">{said.value}</p>
    </div>
  );
}
