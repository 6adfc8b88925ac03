/** @file The address decides what is shown. Links to pages of our own do not load the document anew. */
import { signal } from '@preact/signals';

export const address = signal(new URL(location.href));

const update = () => {
  address.value = new URL(location.href);
};

export function go(path: string): void {
  history.pushState(null, '', path);
  update();
  scrollTo(0, 0);
  document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
}

/** Another query of the page that is shown: nothing to go back to. */
export function replace(path: string): void {
  history.replaceState(null, '', path);
  update();
}

const OWN = /^\/($|jobs\/|new$|compare$|activations$)/;

function onClick(event: MouseEvent): void {
  if (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  )
    return;
  const link = (event.target as Element | null)?.closest('a');
  if (link === null || link === undefined || link.target !== '' || link.hasAttribute('download')) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !OWN.test(url.pathname)) return;
  event.preventDefault();
  go(url.pathname + url.search);
}

export function startRouter(): void {
  addEventListener('popstate', update);
  document.addEventListener('click', onClick);
}
