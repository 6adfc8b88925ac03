/** @file Light or dark: as the system is, unless the reader chose. Pictures are drawn again when it changes. */
import { computed, signal } from '@preact/signals';

type Choice = 'light' | 'dark' | null;

const STORED = 'gradclinic-theme';

/** A file opened from disk may have no storage. */
function stored(): Choice {
  try {
    const value = localStorage.getItem(STORED);
    return value === 'light' || value === 'dark' ? value : null;
  } catch {
    return null;
  }
}

const system = matchMedia('(prefers-color-scheme: dark)');
const systemDark = signal(system.matches);
system.addEventListener('change', ({ matches }) => {
  systemDark.value = matches;
});

const chosen = signal<Choice>(stored());
const apply = () => {
  if (chosen.value === null) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen.value;
};
apply();

export const dark = computed(() => (chosen.value === null ? systemDark.value : chosen.value === 'dark'));

export function toggleTheme(): void {
  chosen.value = dark.value ? 'light' : 'dark';
  apply();
  try {
    localStorage.setItem(STORED, chosen.value);
  } catch {
    // Then it holds for this page only.
  }
}

/** A colour of the style sheet, as it is now. */
export const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
