/** @file What a reader is about to submit: kept while the tab is open, so that a look elsewhere does not lose it. */
import { signal } from '@preact/signals';

const STORED = 'gradclinic-draft';

export const draft = signal(sessionStorage.getItem(STORED) ?? '');

export function setDraft(text: string): void {
  draft.value = text;
  try {
    sessionStorage.setItem(STORED, text);
  } catch {
    // Too large to be kept: it is lost with the tab.
  }
}
