/** @file A text field for JSON: line numbers, errors at their lines, keys and values that the schema knows at the caret. */
import type { RefObject } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { ApiDocument } from '../api/document.ts';
import { caretOf, lineOf, placeOf, placesOf } from '../lib/json_places.ts';
import { type Suggestion, suggest } from '../lib/json_schema.ts';

export interface EditorError {
  readonly pointer: string;
  readonly message: string;
  readonly fix?: string | undefined;
  /** Where it stands, if no pointer tells. */
  readonly offset?: number;
}

interface Props {
  readonly text: string;
  readonly document: ApiDocument | null;
  readonly errors: readonly EditorError[];
  onChange(text: string): void;
}

const LINE_PX = 19;
const SHOWN_ERRORS = 8;

function Gutter({ lines, marked }: { lines: number; marked: ReadonlySet<number> }) {
  return (
    <div class="editor-gutter" aria-hidden="true">
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} class={marked.has(i + 1) ? 'marked' : ''}>
          {i + 1}
        </span>
      ))}
    </div>
  );
}

interface Located extends EditorError {
  readonly line: number;
}

function Errors({ located, goTo }: { located: readonly Located[]; goTo: (line: number) => void }) {
  if (located.length === 0) return null;
  return (
    <ul class="editor-errors" aria-label="Errors">
      {located.slice(0, SHOWN_ERRORS).map(({ pointer, message, fix, line }) => (
        <li key={`${pointer} ${message}`}>
          <button type="button" class="link" onClick={() => goTo(line)}>
            line {line}
          </button>{' '}
          <code>{pointer}</code> {message}
          {fix !== undefined && <b> {fix}</b>}
        </li>
      ))}
    </ul>
  );
}

interface SuggestionsProps {
  /** Whether keys are suggested, not values. */
  readonly atKey: boolean;
  readonly suggestions: readonly Suggestion[];
  readonly first: RefObject<HTMLButtonElement | null>;
  readonly insert: (one: Suggestion) => void;
}

function Suggestions({ atKey, suggestions, first, insert }: SuggestionsProps) {
  if (suggestions.length === 0) return null;
  return (
    <fieldset class="suggestions">
      <legend>{atKey ? 'Keys that fit here' : 'Values that fit here'}</legend>
      {suggestions.map((one, i) => (
        <button
          key={one.text}
          type="button"
          ref={i === 0 ? first : null}
          title={one.about}
          onClick={() => insert(one)}
        >
          {one.text}
        </button>
      ))}
    </fieldset>
  );
}

export function Editor({ text, document: api, errors, onChange }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  const [offset, setOffset] = useState(0);
  const places = useMemo(() => placesOf(text), [text]);
  const located = errors.map((error) => ({
    ...error,
    line: lineOf(text, error.offset ?? placeOf(places, error.pointer)),
  }));
  const caret = useMemo(() => caretOf(text, offset), [text, offset]);
  const suggestions = useMemo(
    () => (api === null ? [] : suggest(api.experiment, caret, api.definitions)),
    [api, caret],
  );
  const insert = ({ text: chosen }: Suggestion) => {
    const written = caret.atKey ? `${JSON.stringify(chosen)}: ` : chosen;
    const before = text.slice(0, caret.wordStart);
    const after = text
      .slice(offset)
      .replace(/^[\w.-]*"?(\s*:\s*)?/, (rest) => (caret.word === '' ? rest : ''));
    onChange(before + written + after);
    const position = before.length + written.length;
    setOffset(position);
    requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(position, position);
    });
  };
  const goTo = (line: number) => {
    const start =
      text
        .split('\n')
        .slice(0, line - 1)
        .join('\n').length + (line > 1 ? 1 : 0);
    area.current?.focus();
    area.current?.setSelectionRange(start, start);
    setOffset(start);
  };
  const lines = text.split('\n').length;
  return (
    <div class="editor">
      <div class="editor-body">
        <Gutter lines={lines} marked={new Set(located.map(({ line }) => line))} />
        <textarea
          ref={area}
          aria-label="Experiment as JSON. Control and space moves to what fits here."
          spellcheck={false}
          wrap="off"
          style={{ height: `${lines * LINE_PX + 30}px` }}
          value={text}
          onInput={(event) => {
            onChange(event.currentTarget.value);
            setOffset(event.currentTarget.selectionStart);
          }}
          onSelect={(event) => setOffset(event.currentTarget.selectionStart)}
          onKeyDown={(event) => {
            if (event.key !== ' ' || !event.ctrlKey) return;
            event.preventDefault();
            first.current?.focus();
          }}
        />
      </div>
      <Errors located={located} goTo={goTo} />
      <Suggestions atKey={caret.atKey} suggestions={suggestions} first={first} insert={insert} />
    </div>
  );
}
