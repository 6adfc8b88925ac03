/** @file What every page stands in: the bar on top, what is wrong with the service, the question for a key. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { accessKey, keyWanted, reachable, setAccessKey } from '../api/client.ts';
import { address } from '../lib/router.ts';
import { dark, toggleTheme } from '../lib/theme.ts';

const PAGES = [
  { path: '/', label: 'Jobs' },
  { path: '/new', label: 'New experiment' },
  { path: '/compare', label: 'Compare' },
  { path: '/activations', label: 'Activations' },
] as const;

const isAt = (path: string): boolean => {
  const at = address.value.pathname;
  return at === path || (path === '/' && at.startsWith('/jobs/'));
};

function Bar() {
  return (
    <header class="bar">
      <a class="brand" href="/">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M5 8c6 0 6 15 12 15h10" />
        </svg>
        GradClinic
      </a>
      <nav aria-label="Pages">
        {PAGES.map(({ path, label }) => (
          <a key={path} href={path} aria-current={isAt(path) ? 'page' : undefined}>
            {label}
          </a>
        ))}
        <a href="/docs">API</a>
      </nav>
      <div class="bar-end">
        {accessKey.value !== null && (
          <button type="button" class="link" onClick={() => setAccessKey(null)}>
            Forget key
          </button>
        )}
        <button
          type="button"
          class="icon"
          aria-label={dark.value ? 'Light mode' : 'Dark mode'}
          onClick={toggleTheme}
        >
          {dark.value ? '☀' : '☾'}
        </button>
      </div>
    </header>
  );
}

function KeyDialog() {
  const [key, setKey] = useState('');
  return (
    <form
      class="card key-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (key.trim() !== '') setAccessKey(key.trim());
      }}
    >
      <h1>Access key</h1>
      <p>
        {accessKey.value === null
          ? 'This service wants an access key.'
          : 'The service does not know this key.'}{' '}
        It is kept in this tab only.
      </p>
      <label for="key">Key</label>
      <input
        id="key"
        type="password"
        autocomplete="off"
        value={key}
        onInput={(event) => setKey(event.currentTarget.value)}
      />
      <button type="submit" class="button primary">
        Use it
      </button>
    </form>
  );
}

export function Frame({ children }: { children: ComponentChildren }) {
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <Bar />
      {!reachable.value && (
        <p class="notice" role="status">
          The service does not answer. What is shown is what was last read; it goes on when the service is
          back.
        </p>
      )}
      <main class="page" id="main" tabIndex={-1}>
        {keyWanted.value ? <KeyDialog /> : children}
      </main>
    </>
  );
}
