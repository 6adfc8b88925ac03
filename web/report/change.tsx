/** @file The recommended change: the config as a diff, and as code. */
import { useState } from 'preact/hooks';
import { changesOf, type Report } from '../../client/index.ts';
import { onOneLine, readablePath } from '../lib/format.ts';
import { Choose, CopyButton, prettyJson, Section } from '../ui/parts.tsx';

const FORMS = [
  { value: 'diff', label: 'What changes' },
  { value: 'pytorch', label: 'PyTorch' },
  { value: 'keras', label: 'Keras' },
  { value: 'json', label: 'JSON' },
] as const;

function Diff({ report }: { report: Report }) {
  const changes = changesOf(report.experiment, report.recommendation?.patch ?? []);
  return (
    <ol class="diff">
      {changes.map(({ path, before, after }, i) => (
        <li key={i}>
          <code class="diff-path">{readablePath(path)}</code>
          {before !== undefined && <code class="diff-before">{onOneLine(before)}</code>}
          {after !== undefined && <code class="diff-after">{onOneLine(after)}</code>}
        </li>
      ))}
    </ol>
  );
}

export function Code({ text }: { text: string }) {
  return (
    <div class="code">
      <CopyButton text={text}>Copy</CopyButton>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line scrolls, with the keyboard too. */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  );
}

export function Change({ report }: { report: Report }) {
  const [form, setForm] = useState<(typeof FORMS)[number]['value']>('diff');
  const { recommendation } = report;
  if (recommendation === null) return null;
  return (
    <Section id="change" title="The change">
      <Choose label="Shown as" choices={FORMS} value={form} onChange={setForm} />
      {form === 'diff' && <Diff report={report} />}
      {form === 'pytorch' && <Code text={recommendation.snippets.pytorch} />}
      {form === 'keras' && <Code text={recommendation.snippets.keras} />}
      {form === 'json' && <Code text={prettyJson(recommendation.experiment)} />}
    </Section>
  );
}
