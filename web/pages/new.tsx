/** @file A new experiment: examples, a form for the usual, an editor that knows the schema, and what preflight says while one types. */
import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../../client/index.ts';
import { ApiError, answer, api } from '../api/client.ts';
import { type ApiDocument, apiDocument } from '../api/document.ts';
import { draft, setDraft } from '../lib/draft.ts';
import { go } from '../lib/router.ts';
import { prettyJson, Section } from '../ui/parts.tsx';
import { Editor } from './editor.tsx';
import { Form } from './form.tsx';
import { Forecast, usePreflight } from './preflight.tsx';
import { Upload } from './upload.tsx';

function useDocument(): ApiDocument | null {
  const [document_, setDocument] = useState<ApiDocument | null>(null);
  useEffect(() => {
    apiDocument().then(setDocument, () => {});
  }, []);
  return document_;
}

function Examples({ examples }: { examples: ApiDocument['examples'] }) {
  return (
    <label class="field">
      Example
      <select
        value=""
        onChange={(event) => {
          const chosen = examples[event.currentTarget.value];
          if (chosen !== undefined) setDraft(prettyJson(chosen.value));
        }}
      >
        <option value="">choose one …</option>
        {Object.entries(examples).map(([key, { value }]) => (
          <option key={key} value={key}>
            {value.name ?? key}
          </option>
        ))}
      </select>
    </label>
  );
}

async function submit(text: string): Promise<Problem | null> {
  try {
    const job = await answer(api.POST('/v1/jobs', { body: JSON.parse(text) }));
    go(`/jobs/${job.id}`);
    return null;
  } catch (error) {
    if (error instanceof ApiError && error.problem !== null) return error.problem;
    return { detail: error instanceof Error ? error.message : String(error) } as Problem;
  }
}

export function NewPage() {
  const document_ = useDocument();
  const text = draft.value;
  const preflight = usePreflight(text);
  const [refused, setRefused] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  // A first look at the page shows something that runs.
  useEffect(() => {
    const first = document_?.examples['deep-sigmoid']?.value;
    if (text === '' && first !== undefined) setDraft(prettyJson(first));
  }, [document_, text]);
  const run = async () => {
    setBusy(true);
    setRefused(await submit(text));
    setBusy(false);
  };
  return (
    <>
      <div class="page-head">
        <h1>New experiment</h1>
        <button
          type="button"
          class="button primary"
          disabled={busy || text === ''}
          onClick={() => void run()}
        >
          {busy ? 'Sending …' : 'Diagnose'}
        </button>
      </div>
      {refused !== null && (
        <p class="notice" role="alert">
          {refused.detail}
        </p>
      )}
      <div class="columns">
        <div class="column">
          <Section id="describe" title="Experiment">
            <div class="fields">
              <Examples examples={document_?.examples ?? {}} />
              <Form text={text} onChange={setDraft} />
            </div>
            <Editor text={text} onChange={setDraft} document={document_} errors={preflight.errors} />
            <Upload />
          </Section>
        </div>
        <div class="column">
          <Forecast preflight={preflight} />
        </div>
      </div>
    </>
  );
}
