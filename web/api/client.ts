/** @file The API as the pages use it: typed by the OpenAPI document, with the reader's access key where the service wants one. */
import { signal } from '@preact/signals';
import { ApiError, createClient } from '../../client/index.ts';

export { ApiError, answer } from '../../client/index.ts';

const STORED = 'gradclinic-key';

/** Kept for this tab alone. */
export const accessKey = signal<string | null>(sessionStorage.getItem(STORED));
/** The service has said that it wants a key, or another one. */
export const keyWanted = signal(false);
/** False while the service does not answer. */
export const reachable = signal(true);

export function setAccessKey(key: string | null): void {
  accessKey.value = key;
  keyWanted.value = false;
  if (key === null) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, key);
}

export const authorization = (): Record<string, string> =>
  accessKey.value === null ? {} : { authorization: `Bearer ${accessKey.value}` };

/** Remembers whether the service answers, and whether it wants a key. */
export async function reach(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    reachable.value = true;
    if (response.status === 401) keyWanted.value = true;
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    reachable.value = false;
    throw new ApiError(null, 'The service does not answer.');
  }
}

export const api = createClient({ baseUrl: location.origin, apiKey: () => accessKey.value, fetch: reach });
