/** @file Small parts that many pages use. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

export function Section({
  id,
  title,
  lead,
  children,
}: {
  id: string;
  title: string;
  lead?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="card" id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {lead !== undefined && <p class="lead">{lead}</p>}
      {children}
    </section>
  );
}

/** Scrolls sideways where it is wider than the page, with the keyboard too. */
export function Scroller({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached.
    <section class="scroller" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
}

/** One of a few, as buttons. */
export function Choose<T extends string>({
  label,
  choices,
  value,
  onChange,
}: {
  label: string;
  choices: readonly Choice<T>[];
  value: NoInfer<T>;
  onChange(value: NoInfer<T>): void;
}) {
  return (
    <fieldset class="choose">
      <legend class="hidden">{label}</legend>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          onClick={() => onChange(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </fieldset>
  );
}

const SAID_MS = 1600;

/** Where the browser gives no clipboard, as to a file on disk, it is done the old way. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined && isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

export function CopyButton({ text, children }: { text: string; children: ComponentChildren }) {
  const [said, setSaid] = useState<string | null>(null);
  const say = (what: string) => {
    setSaid(what);
    setTimeout(() => setSaid(null), SAID_MS);
  };
  return (
    <button
      type="button"
      class="button small"
      onClick={() =>
        copyText(text).then(
          () => say('Copied'),
          () => say('Could not copy'),
        )
      }
    >
      <span aria-live="polite">{said ?? children}</span>
    </button>
  );
}

export function download(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** JSON with the one-line arrays left on one line: an experiment is read by people. */
export const prettyJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(
    /\[\s+((?:-?[\d.e+-]+|null)(?:,\s+(?:-?[\d.e+-]+|null))*)\s+\]/g,
    (_, items: string) => `[${items.replaceAll(/\s+/g, ' ')}]`,
  );
